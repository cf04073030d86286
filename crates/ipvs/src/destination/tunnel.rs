//! What packets to a destination are wrapped in (Linux 5.2; before that, IP):
//! IP_VS_CONN_F_TUNNEL_TYPE_* and IP_VS_TUNNEL_ENCAP_FLAG_*.

/// IP in IP.
pub const IPIP: u8 = 0;
/// Generic UDP encapsulation; it has a port.
pub const GUE: u8 = 1;
/// GRE.
pub const GRE: u8 = 2;

/// The outer header carries no checksum.
pub const FLAG_NO_CHECKSUM: u16 = 0;
/// The outer header carries a checksum.
pub const FLAG_CHECKSUM: u16 = 1;
/// Remote checksum offload (GUE).
pub const FLAG_REMOTE_CHECKSUM: u16 = 2;
