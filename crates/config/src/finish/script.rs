//! As whom scripts run: their own user, the file's, `keepalived_script`, or root.

use crate::block::Own;
use crate::code;
use crate::context::Context;
use crate::draft::{
    CheckDraft, FifoDraft, MailDraft, NoticesDraft, NotifyDraft, OnceDraft, ScriptDraft,
    ServersDraft,
};
use crate::finish::mail::Alerts;
use core::time::Duration;
use holdfast_model::notify::Security;
use holdfast_model::track::TrackScript;
use holdfast_model::{
    Fifo, Mail, Micros, Name, Notices, Notify, Once, RunAs, Script, ServerNotices, ServerNotify,
    ServiceNotify,
};
use holdfast_syntax::{Finding, Span};
use std::collections::BTreeMap;

/// The user that scripts run as when it exists and the file names none.
const DEFAULT_USER: &str = "keepalived_script";

/// What holds for all scripts of a file.
#[derive(Debug)]
pub(crate) struct Users {
    /// None: nobody may run what names no user.
    default: Option<RunAs>,
    groups: bool,
    /// `vrrp_notify_priority_changes`.
    priority_changes: bool,
    alerts: Alerts,
}

impl Users {
    pub(crate) fn new(context: &mut Context<'_>, draft: &NoticesDraft, mail: &MailDraft) -> Self {
        let mut users = Self {
            default: None,
            groups: draft.groups,
            priority_changes: draft.priority_changes,
            alerts: Alerts::new(mail),
        };
        let given = draft.user.as_ref();
        let named = given.map(|(user, group)| {
            let (name, span) = (&user.value, user.span);
            users.find(context, name, group.as_ref(), span)
        });
        users.default = match named {
            Some(found) => found,
            None => users.known(context, DEFAULT_USER).or_else(|| {
                // without security scripts run as the daemon does
                (!draft.security).then(RunAs::default)
            }),
        };
        users
    }

    /// The user, when the machine has it.
    fn known(&self, context: &Context<'_>, name: &str) -> Option<RunAs> {
        let user = context.facts.accounts.as_ref()?.user(name)?;
        let groups = if self.groups {
            user.groups.clone()
        } else {
            Vec::new()
        };
        Some(RunAs {
            uid: user.uid,
            gid: user.gid,
            groups,
        })
    }

    /// The user and the group as named; none is said.
    fn find(
        &self,
        context: &mut Context<'_>,
        name: &Name,
        group: Option<&Name>,
        span: Span,
    ) -> Option<RunAs> {
        let Some(accounts) = &context.facts.accounts else {
            return Some(RunAs::default());
        };
        let Some(mut run_as) = self.known(context, name.as_str()) else {
            let what = format!("there is no user `{name}`");
            refuse(context, span, &what);
            return None;
        };
        if let Some(group) = group {
            let Some(gid) = accounts.group(group.as_str()) else {
                refuse(context, span, &format!("there is no group `{group}`"));
                return None;
            };
            run_as.gid = gid;
        }
        Some(run_as)
    }

    /// A script that can run; none is said.
    pub(crate) fn script(
        &self,
        context: &mut Context<'_>,
        draft: Option<ScriptDraft>,
    ) -> Option<Script> {
        let draft = draft?;
        let run_as = match &draft.user {
            Some(user) => self.find(context, user, draft.group.as_ref(), draft.span)?,
            None => match &self.default {
                Some(run_as) => run_as.clone(),
                None => {
                    let what = "nobody is named whom it may run as";
                    refuse(context, draft.span, what);
                    return None;
                }
            },
        };
        Some(Script {
            words: draft.words,
            run_as,
        })
    }

    /// The scripts of an instance or a group.
    pub(crate) fn notify(&self, context: &mut Context<'_>, draft: NotifyDraft) -> Notify {
        Notify {
            master: self.script(context, draft.master),
            backup: self.script(context, draft.backup),
            fault: self.script(context, draft.fault),
            stop: self.script(context, draft.stop),
            says_deleted: draft.says_deleted,
            deleted: self.script(context, draft.deleted),
            any: self.script(context, draft.any),
            lower_priority: self.script(context, draft.lower_priority),
            priority_changes: draft.priority_changes.unwrap_or(self.priority_changes),
            alert: self.alerts.of(draft.alert),
        }
    }

    /// `vrrp_script`, in the order of names. One that may not run stays, and fails.
    pub(crate) fn checks(
        &self,
        context: &mut Context<'_>,
        drafts: BTreeMap<Name, CheckDraft>,
    ) -> Vec<TrackScript> {
        let mut list = Vec::new();
        for (name, draft) in drafts {
            let script = draft.script.map(|script| ScriptDraft {
                user: draft.user.as_ref().map(|(user, _)| user.clone()),
                group: draft.user.as_ref().and_then(|(_, group)| group.clone()),
                ..script
            });
            let interval = draft.interval.unwrap_or(1);
            list.push(TrackScript {
                name,
                script: self.script(context, script),
                interval: Micros::from_secs(interval.into()),
                timeout: Micros::from_secs(draft.timeout.unwrap_or(interval).into()),
                rise: draft.rise.unwrap_or(1),
                fall: draft.fall.unwrap_or(1),
                starts_failed: draft.starts_failed,
            });
        }
        list
    }

    /// Whom the vrrp worker tells, and whom the lvs worker.
    pub(crate) fn notices(
        &self,
        context: &mut Context<'_>,
        draft: NoticesDraft,
        own: &Own,
        mail: Option<&Mail>,
        umask: Option<u32>,
    ) -> (Notices, Notices) {
        let security = match (own.strict_scripts, draft.security) {
            (true, _) => Security::Strict,
            (false, true) => Security::Enabled,
            (false, false) => Security::Off,
        };
        let [all, vrrp, lvs] =
            [draft.all, draft.vrrp, draft.lvs].map(|fifo| self.fifo(context, fifo));
        let all = all.map(|fifo| Fifo {
            shared: true,
            ..fifo
        });
        let notices = |fifos: [Option<Fifo>; 2]| Notices {
            fifos: fifos.into_iter().flatten().collect(),
            states_on_reload: draft.states_on_reload,
            security,
            limit: own.notify_timeout.unwrap_or(Notices::default().limit),
            fifo_mode: umask.map_or(0o600, |mask| 0o644 & !mask),
            mail: mail.cloned(),
        };
        (notices([all.clone(), vrrp]), notices([all, lvs]))
    }

    /// What virtual and real servers run.
    pub(crate) fn servers(
        &self,
        context: &mut Context<'_>,
        draft: ServersDraft,
        notices: Notices,
    ) -> ServerNotices {
        let mut services = Vec::new();
        for (key, own) in draft.services {
            services.push(ServiceNotify {
                key,
                up: self.script(context, own.up),
                down: self.script(context, own.down),
                omega: own.omega,
                alert: own.alert,
            });
        }
        let mut servers = Vec::new();
        for (key, own) in draft.servers {
            servers.push(ServerNotify {
                key,
                up: self.script(context, own.up),
                down: self.script(context, own.down),
                alert: own.alert,
            });
        }
        ServerNotices {
            alerts: self.alerts.servers,
            notices,
            at_start: draft.at_start,
            services,
            servers,
        }
    }

    /// What runs once, before the workers or after them.
    pub(crate) fn once(&self, context: &mut Context<'_>, draft: OnceDraft) -> Option<Once> {
        let limit = Duration::from_secs(draft.limit.unwrap_or(10).into());
        let script = self.script(context, draft.script)?;
        Some(Once { script, limit })
    }

    fn fifo(&self, context: &mut Context<'_>, draft: FifoDraft) -> Option<Fifo> {
        let fifo = draft.fifo?;
        let path = fifo.words.first()?.clone();
        let owner = match &fifo.user {
            Some(user) => self.find(context, user, fifo.group.as_ref(), fifo.span)?,
            None => RunAs::default(),
        };
        Some(Fifo {
            path,
            owner,
            reader: self.script(context, draft.reader),
            shared: false,
        })
    }
}

fn refuse(context: &mut Context<'_>, span: Span, what: &str) {
    let finding = Finding::warning(code::SCRIPT, span, format!("{what}: it does not run"))
        .help(
            "name a user (and a group) of this machine after the program, which stands in quotes with its \
             arguments, or set `script_user` in global_defs",
        );
    context.push(finding);
}
