//! The parent process: starts the workers, watches them, restarts them, passes signals.
//!
//! ```text
//!   systemd or a shell
//!        │ signals, sd_notify
//!   supervisor ── compile (short-lived): files → model in a memfd
//!        │ one channel each: heartbeat, reload, stop
//!        ├── vrrp worker ──┐ one link between the workers (levels)
//!        ├── lvs worker  ──┘
//!        ├── control (while somebody asks): answers on the control socket, over a link to each worker
//!        ├── script  (short-lived): runs startup_script or shutdown_script
//!        └── release (short-lived): what a dead vrrp worker left behind
//! ```
//!
//! It parses nothing, opens no network socket and holds, unread, what must outlive a worker: the
//! model's memfd, the links' ends and the control socket. Single-threaded; no runtime, no configuration, no model.

pub mod bundle;
pub mod channel;
mod control;
mod door;
mod handover;
mod legacy;
pub mod log;
pub mod namespace;
pub mod pidfile;
pub mod protocol;
pub mod settings;
pub mod signals;
mod slot;
mod spawn;
mod stat;
mod supervisor;
mod worker;

pub use bundle::{Bundle, Header, Section};
pub use channel::{Channel, Received};
pub use door::{Answer, DoorError, ask, ask_handback};
pub use handover::{FORM as HANDOVER_FORM, Handover};
pub use log::{Level, Sink, dropped};
pub use protocol::{FromWorker, Moment, Role, ToControl, ToWorker};
pub use settings::{ControlArguments, Settings, WorkerArguments, control_socket, takeover_order};
pub use stat::Stat;
pub use supervisor::{RunError, run};

/// Exit codes, as keepalived uses them (lib/scheduler.h).
pub mod exit {
    /// All is well.
    pub const OK: i32 = 0;
    /// Cannot go on.
    pub const FATAL: i32 = 1;
    /// The configuration cannot be run.
    pub const CONFIG: i32 = 2;
    /// The user may not do this.
    pub const NO_PERMISSION: i32 = 4;
    /// No configuration file.
    pub const NO_CONFIG: i32 = 6;
}
