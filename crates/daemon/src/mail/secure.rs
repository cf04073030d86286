//! Mail over TLS, perhaps after a login: what keepalived does not have, by lettre.

use super::MailError;
use super::plain::server;
use holdfast_model::{Mail, MailTls};
use lettre::Transport as _;
use lettre::address::{Address, Envelope};
use lettre::transport::smtp::SmtpTransport;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use std::error::Error;

/// Hands in one message.
pub(super) fn send(mail: &Mail, message: &str) -> Result<(), MailError> {
    deliver(mail, message).map_err(|error| MailError::Secure {
        server: server(mail),
        words: words(&*error),
    })
}

fn deliver(mail: &Mail, message: &str) -> Result<(), Box<dyn Error>> {
    let host = mail.server.host.as_str();
    let mut parameters = TlsParameters::builder(host.to_owned());
    if let Some(path) = &mail.authorities {
        let pem = std::fs::read(path.as_str()).map_err(|error| format!("{path}: {error}"))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem)?);
    }
    let parameters = parameters.build_rustls()?;
    let tls = match mail.tls {
        MailTls::Off => Tls::None,
        MailTls::StartTls => Tls::Required(parameters),
        MailTls::Always => Tls::Wrapper(parameters),
    };
    let mut transport = SmtpTransport::builder_dangerous(host)
        .port(mail.server.port)
        .timeout(Some(mail.timeout))
        .hello_name(ClientId::Domain(mail.helo.to_string()))
        .tls(tls);
    if let Some(login) = &mail.login {
        let path = &login.password_file;
        let text = std::fs::read_to_string(path.as_str());
        let text = text.map_err(|error| format!("smtp_password_file {path}: {error}"))?;
        let password = text.lines().next().unwrap_or_default().to_owned();
        let credentials = Credentials::new(login.user.to_string(), password);
        transport = transport.credentials(credentials);
    }
    let from: Address = mail.from.as_str().parse()?;
    let to: Result<Vec<Address>, _> = mail.to.iter().map(|to| to.as_str().parse()).collect();
    let envelope = Envelope::new(Some(from), to?)?;
    transport.build().send_raw(&envelope, message.as_bytes())?;
    Ok(())
}

/// An error with its causes, each once.
fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text += &format!(": {cause_text}");
        }
        source = cause.source();
    }
    super::letter::one_line(&text)
}
