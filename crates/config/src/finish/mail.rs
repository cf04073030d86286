//! How mail is written, and of what.

use crate::block::Own;
use crate::code;
use crate::context::Context;
use crate::draft::MailDraft;
use core::time::Duration;
use holdfast_model::{Alert, GlobalDefs, Mail, MailLogin, MailTls, Name, ServerAlerts};
use holdfast_syntax::Finding;

/// None unless there is a server and somebody to write to.
pub(crate) fn mail(
    context: &mut Context<'_>,
    global: &GlobalDefs,
    draft: &MailDraft,
    own: &Own,
) -> Option<Mail> {
    let login = login(context, own);
    let host = &context.facts.full_name;
    let here = if host.as_str().is_empty() {
        Name::from("localhost")
    } else {
        host.clone()
    };
    let from = global.notification_email_from.clone();
    if global.notification_email.is_empty() {
        return None;
    }
    Some(Mail {
        server: global.smtp_server.clone()?,
        to: global.notification_email.clone(),
        from: from.unwrap_or_else(|| Name::from(format!("root@{here}").as_str())),
        router: global.router_id.clone().unwrap_or_else(|| here.clone()),
        helo: draft.helo.clone().unwrap_or(here),
        timeout: global
            .smtp_connect_timeout
            .unwrap_or(Duration::from_secs(30)),
        tls: own.mail.tls,
        authorities: own.mail.authorities.clone(),
        login,
    })
}

/// A password goes nowhere in clear.
fn login(context: &mut Context<'_>, own: &Own) -> Option<MailLogin> {
    let mail = &own.mail;
    let user = mail.user.as_ref()?;
    let (what, help) = match (&mail.password_file, mail.tls) {
        (None, _) => (
            "`smtp_user` without `smtp_password_file`",
            "name a file, readable by root only, whose first line is the password",
        ),
        (Some(_), MailTls::Off) => (
            "`smtp_user` without `smtp_tls`: the password would be sent in clear",
            "add `smtp_tls starttls` (port 587) or `smtp_tls always` (port 465)",
        ),
        (Some(password_file), MailTls::StartTls | MailTls::Always) => {
            return Some(MailLogin {
                user: user.value.clone(),
                password_file: password_file.clone(),
            });
        }
    };
    let message = format!("{what}: mail is sent without login");
    let finding = Finding::error(code::MAIL_LOGIN, user.span, message);
    context.push(finding.help(help));
    None
}

/// Of whom mail is written by default.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alerts {
    instances: bool,
    no_faults: bool,
    pub(crate) servers: ServerAlerts,
}

impl Alerts {
    pub(crate) fn new(draft: &MailDraft) -> Self {
        let checker = draft.checker.or(draft.all);
        Self {
            instances: draft.vrrp.or(draft.all).unwrap_or(false),
            no_faults: draft.no_faults,
            servers: ServerAlerts {
                services: checker.unwrap_or(false),
                servers: checker.unwrap_or(true),
                checks: !draft.no_checks,
            },
        }
    }

    /// Of an instance or a group that says this itself.
    pub(crate) fn of(self, own: Option<bool>) -> Alert {
        match (own.unwrap_or(self.instances), self.no_faults) {
            (false, _) => Alert::Never,
            (true, false) => Alert::Changes,
            (true, true) => Alert::ButFaults,
        }
    }
}
