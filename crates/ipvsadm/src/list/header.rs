//! The two lines above a table.

use crate::command::Format;

/// By the first of the forms that was asked for.
pub(super) fn header(format: &Format) -> &'static str {
    if format.stats {
        "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  \
           -> RemoteAddress:Port\n"
    } else if format.rate {
        "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n  \
           -> RemoteAddress:Port\n"
    } else if format.thresholds {
        "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n  \
           -> RemoteAddress:Port\n"
    } else if format.persistent {
        "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n  \
           -> RemoteAddress:Port\n"
    } else if format.tunnel {
        "Prot LocalAddress:Port Scheduler Flags\n  \
           -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n"
    } else {
        "Prot LocalAddress:Port Scheduler Flags\n  \
           -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n"
    }
}
