//! What blocks say of scripts and FIFOs, before the rules are applied.

use crate::draft::Spanned;
use core::time::Duration;
use holdfast_model::track::ParameterMatch;
use holdfast_model::{Micros, Name, RealServerKey, Urgency, VirtualServerKey};
use holdfast_syntax::Span;
use std::collections::BTreeSet;

/// A program to run, and as whom.
#[derive(Debug, Clone)]
pub(crate) struct ScriptDraft {
    pub(crate) words: Vec<Name>,
    pub(crate) user: Option<Name>,
    pub(crate) group: Option<Name>,
    pub(crate) span: Span,
}

/// `notify_*` of an instance or a group.
#[derive(Debug, Default)]
pub(crate) struct NotifyDraft {
    pub(crate) master: Option<ScriptDraft>,
    pub(crate) backup: Option<ScriptDraft>,
    pub(crate) fault: Option<ScriptDraft>,
    pub(crate) stop: Option<ScriptDraft>,
    pub(crate) says_deleted: bool,
    pub(crate) deleted: Option<ScriptDraft>,
    pub(crate) any: Option<ScriptDraft>,
    pub(crate) lower_priority: Option<ScriptDraft>,
    pub(crate) priority_changes: Option<bool>,
    /// `smtp_alert`.
    pub(crate) alert: Option<bool>,
}

/// What the file says of the processes.
#[derive(Debug, Default)]
pub(crate) struct SystemDraft {
    pub(crate) vrrp: Urgency,
    pub(crate) lvs: Urgency,
    /// `process_names`.
    pub(crate) names: bool,
    /// `process_name`.
    pub(crate) name: Option<Name>,
    /// `max_auto_priority`.
    pub(crate) most: Option<u8>,
    /// `min_auto_priority_delay`.
    pub(crate) late: Option<Duration>,
    pub(crate) umask: Option<u32>,
    pub(crate) instance: Option<Name>,
    /// `child_wait_time`, seconds.
    pub(crate) stop_limit: Option<u32>,
}

impl SystemDraft {
    /// Of the worker that a keyword begins with: `vrrp_`, or the checks' by either of its names.
    pub(crate) fn of(&mut self, keyword: &[u8]) -> Option<&mut Urgency> {
        if keyword.starts_with(b"vrrp_") {
            Some(&mut self.vrrp)
        } else if keyword.starts_with(b"bfd_") {
            None
        } else {
            Some(&mut self.lvs)
        }
    }
}

/// What the file says of mail.
#[derive(Debug, Default)]
pub(crate) struct MailDraft {
    /// `smtp_helo_name`.
    pub(crate) helo: Option<Name>,
    /// `smtp_alert`.
    pub(crate) all: Option<bool>,
    /// `smtp_alert_vrrp`.
    pub(crate) vrrp: Option<bool>,
    /// `smtp_alert_checker`.
    pub(crate) checker: Option<bool>,
    /// `no_email_faults`.
    pub(crate) no_faults: bool,
    /// `no_checker_emails`.
    pub(crate) no_checks: bool,
}

/// What a real server (`notify_*`) or a virtual server (`quorum_*`) runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServerScripts {
    pub(crate) up: Option<ScriptDraft>,
    pub(crate) down: Option<ScriptDraft>,
    /// `omega`.
    pub(crate) omega: bool,
    /// `smtp_alert`.
    pub(crate) alert: Option<bool>,
}

impl ServerScripts {
    /// It says nothing.
    pub(crate) const fn is_empty(&self) -> bool {
        self.up.is_none() && self.down.is_none() && !self.omega && self.alert.is_none()
    }
}

/// The same of all servers, by key: users are known when the whole file is.
#[derive(Debug, Default)]
pub(crate) struct ServersDraft {
    pub(crate) services: Vec<(VirtualServerKey, ServerScripts)>,
    pub(crate) servers: Vec<(RealServerKey, ServerScripts)>,
    /// `rs_init_notifies`.
    pub(crate) at_start: bool,
    /// What MISC_CHECKs run: of which server, its how manieth check.
    pub(crate) programs: Vec<(RealServerKey, usize, ScriptDraft)>,
    /// `ha_suspend`.
    pub(crate) suspends: Vec<VirtualServerKey>,
    /// A second block of a virtual server is left out, and its scripts with it.
    seen: BTreeSet<VirtualServerKey>,
}

/// What one virtual server says of scripts, and of when it rests.
#[derive(Debug, Default)]
pub(crate) struct ServerDraft {
    pub(crate) scripts: ServerScripts,
    pub(crate) servers: Vec<(RealServerKey, ServerScripts)>,
    /// What its MISC_CHECKs run.
    pub(crate) programs: Vec<(RealServerKey, usize, ScriptDraft)>,
    /// `ha_suspend`.
    pub(crate) suspends: bool,
}

impl ServerDraft {
    pub(crate) fn is_empty(&self) -> bool {
        self.scripts.is_empty()
            && self.servers.is_empty()
            && self.programs.is_empty()
            && !self.suspends
    }
}

impl ServersDraft {
    /// Adds what a block says, if it is the first of its virtual server.
    pub(crate) fn keep(&mut self, key: &VirtualServerKey, mut own: ServerDraft) {
        if !self.seen.insert(key.clone()) {
            return;
        }
        self.servers.append(&mut own.servers);
        self.programs.append(&mut own.programs);
        if own.suspends {
            self.suspends.push(key.clone());
        }
        if !own.scripts.is_empty() {
            self.services.push((key.clone(), own.scripts));
        }
    }
}

/// `vrrp_script`. Times are seconds.
#[derive(Debug, Default)]
pub(crate) struct CheckDraft {
    pub(crate) script: Option<ScriptDraft>,
    pub(crate) interval: Option<u32>,
    pub(crate) timeout: Option<u32>,
    pub(crate) rise: Option<u32>,
    pub(crate) fall: Option<u32>,
    /// `user`, and its group.
    pub(crate) user: Option<(Name, Option<Name>)>,
    /// `init_fail`.
    pub(crate) starts_failed: bool,
}

/// `vrrp_track_process`.
#[derive(Debug, Default)]
pub(crate) struct ProcessDraft {
    pub(crate) words: Vec<Name>,
    /// `full_command`.
    pub(crate) full: bool,
    pub(crate) matching: Option<ParameterMatch>,
    pub(crate) quorum: Option<u32>,
    pub(crate) most: Option<u32>,
    pub(crate) fork_delay: Option<Micros>,
    pub(crate) terminate_delay: Option<Micros>,
}

/// `*notify_fifo` and its reader.
#[derive(Debug, Default)]
pub(crate) struct FifoDraft {
    /// Path, user and group.
    pub(crate) fifo: Option<ScriptDraft>,
    pub(crate) reader: Option<ScriptDraft>,
}

/// `startup_script` or `shutdown_script`, and its limit in seconds.
#[derive(Debug, Default)]
pub(crate) struct OnceDraft {
    pub(crate) script: Option<ScriptDraft>,
    pub(crate) limit: Option<u32>,
}

/// What the file says of scripts and FIFOs.
#[derive(Debug, Default)]
pub(crate) struct NoticesDraft {
    /// `script_user`: a user and perhaps a group.
    pub(crate) user: Option<(Spanned<Name>, Option<Name>)>,
    /// `enable_script_security`.
    pub(crate) security: bool,
    /// `set_supplementary_groups`.
    pub(crate) groups: bool,
    /// `notify_fifo`.
    pub(crate) all: FifoDraft,
    /// `vrrp_notify_fifo`.
    pub(crate) vrrp: FifoDraft,
    /// `lvs_notify_fifo`.
    pub(crate) lvs: FifoDraft,
    pub(crate) priority_changes: bool,
    pub(crate) states_on_reload: bool,
    pub(crate) startup: OnceDraft,
    pub(crate) shutdown: OnceDraft,
}
