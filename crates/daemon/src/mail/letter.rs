//! What a letter says: keepalived 2.2.7's words, byte for byte.

use super::super::script::what::What;
use holdfast_model::{Alert, Mail};

/// About one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// What follows the director's name in the subject.
    pub(crate) subject: String,
    pub(crate) body: String,
}

impl Letter {
    /// About an instance; none when nobody wants it.
    pub(crate) fn of_instance(name: &str, what: What, alert: Alert) -> Option<Self> {
        let news = news(what, alert)?;
        let body = match what {
            What::Master => "=> VRRP Instance is now owning VRRP VIPs <=",
            What::Stop => "=> VRRP Instance stopping <=",
            What::Deleted => "=> VRRP Deleted at reload <=",
            _ => "=> VRRP Instance is no longer owning VRRP VIPs <=",
        };
        Some(Self {
            subject: format!("VRRP Instance {name} - {news}"),
            body: body.to_owned(),
        })
    }

    /// About a sync group.
    pub(crate) fn of_group(name: &str, what: What, alert: Alert) -> Option<Self> {
        let news = news(what, alert)?;
        let body = match what {
            What::Stop => "=> All VRRP group instances are now stopping <=".to_owned(),
            _ => format!(
                "=> All VRRP group instances are now in {} state <=",
                what.word()
            ),
        };
        Some(Self {
            subject: format!("VRRP Group {name} - {news}"),
            body,
        })
    }

    /// The whole message; lines end as on the wire. `date` is RFC 5322's.
    pub(super) fn message(&self, mail: &Mail, date: &str) -> String {
        let to: Vec<&str> = mail.to.iter().map(|name| name.as_str()).collect();
        let headers = [
            format!("Date: {date}"),
            format!("From: {}", mail.from),
            format!("Subject: [{}] {}", mail.router, self.subject),
            "X-Mailer: Keepalived".to_owned(),
            format!("To: {}", to.join(", ")),
        ];
        let mut text: String = headers.iter().map(|line| one_line(line) + "\r\n").collect();
        text += "\r\n";
        text += &one_line(&self.body);
        text += "\r\n\r\n";
        text
    }
}

/// What has happened, unless nobody wants to be written to about it.
fn news(what: What, alert: Alert) -> Option<&'static str> {
    let news = match what {
        What::Master => "Entering MASTER state",
        What::Backup => "Entering BACKUP state",
        What::Fault if alert == Alert::ButFaults => return None,
        What::Fault => "Entering FAULT state",
        What::Stop => "Stopping",
        What::Deleted => "Deleted",
        What::LowerPriority | What::MasterPriority | What::BackupPriority => return None,
    };
    (alert != Alert::Never).then_some(news)
}

/// A name must not become a header, or the end of the message.
pub(super) fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::{MailServer, MailTls, Name};
    use std::time::Duration;

    fn mail() -> Mail {
        Mail {
            server: MailServer {
                host: Name::from("10.8.0.1"),
                port: 25,
            },
            to: ["a@b.c", "d@e.f"].map(Name::from).to_vec(),
            from: Name::from("me@x.y"),
            router: Name::from("r1"),
            helo: Name::from("vm"),
            timeout: Duration::from_secs(30),
            tls: MailTls::Off,
            authorities: None,
            login: None,
        }
    }

    #[test]
    fn as_2_2_7_sent_it() {
        let letter = Letter::of_instance("V1", What::Backup, Alert::Changes).expect("wanted");
        let date = "Sat, 21 Nov 2026 17:51:21 +0000";
        assert_eq!(
            letter.message(&mail(), date),
            "Date: Sat, 21 Nov 2026 17:51:21 +0000\r\nFrom: me@x.y\r\n\
             Subject: [r1] VRRP Instance V1 - Entering BACKUP state\r\nX-Mailer: Keepalived\r\n\
             To: a@b.c, d@e.f\r\n\r\n=> VRRP Instance is no longer owning VRRP VIPs <=\r\n\r\n"
        );
    }

    #[test]
    fn what_is_said_and_what_is_not() {
        let instance = |what, alert| Letter::of_instance("V", what, alert).map(|l| l.subject);
        let group = |what| Letter::of_group("G", what, Alert::Changes).map(|l| l.body);
        assert_eq!(instance(What::Master, Alert::Never), None);
        assert_eq!(instance(What::Fault, Alert::ButFaults), None);
        assert_eq!(instance(What::MasterPriority, Alert::Changes), None);
        let deleted = instance(What::Deleted, Alert::ButFaults).expect("wanted");
        assert_eq!(deleted, "VRRP Instance V - Deleted");
        let fault = group(What::Fault).expect("wanted");
        assert_eq!(
            fault,
            "=> All VRRP group instances are now in FAULT state <="
        );
        let stop = group(What::Stop).expect("wanted");
        assert_eq!(stop, "=> All VRRP group instances are now stopping <=");
    }

    #[test]
    fn a_name_cannot_add_a_line() {
        let letter = Letter {
            subject: "a\r\nBcc: evil@x".to_owned(),
            body: "x\r\n.\r\nMAIL".to_owned(),
        };
        let text = letter.message(&mail(), "d");
        assert!(text.contains("Subject: [r1] a  Bcc: evil@x\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\nx  .  MAIL\r\n\r\n"), "{text}");
    }
}
