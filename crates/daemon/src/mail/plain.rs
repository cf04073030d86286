//! keepalived's dialogue (RFC 5321 s4.1.1, by HELO): one letter a connection, everybody or nobody.

use super::MailError;
use super::letter::one_line;
use holdfast_model::Mail;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// How long the answer to the last command is waited for.
const FAREWELL: Duration = Duration::from_secs(1);
/// No answer is longer: a server that talks without end is not listened to.
const ANSWER: u64 = 64 << 10;

/// Hands in one message, which ends with CRLF.
pub(super) fn send(mail: &Mail, message: &str) -> Result<(), MailError> {
    let server = server(mail);
    let stream = connect(mail).map_err(|source| MailError::Connect {
        server: server.clone(),
        source,
    })?;
    tracing::info!("Remote SMTP server {server} connected.");
    let mut talk = Talk {
        stream: BufReader::new(stream),
        server,
    };
    talk.expect("connect", 220)?;
    talk.say("HELO", &format!("HELO {}", mail.helo), 250)?;
    talk.say("MAIL", &format!("MAIL FROM:<{}>", mail.from), 250)?;
    for to in &mail.to {
        talk.say("RCPT", &format!("RCPT TO:<{to}>"), 250)?;
    }
    talk.say("DATA", "DATA", 354)?;
    talk.write(&stuffed(message))?;
    talk.say("DOT", ".", 250)?;
    // it is sent, whatever becomes of this
    let patience = mail.timeout.min(FAREWELL);
    let _open_until_then = talk.stream.get_ref().set_read_timeout(Some(patience));
    let _gone = talk.say("QUIT", "QUIT", 221);
    Ok(())
}

/// keepalived's notation.
pub(super) fn server(mail: &Mail) -> String {
    let (host, port) = (&mail.server.host, mail.server.port);
    format!("[{host}]:{port}")
}

/// RFC 5321 s4.5.2: no line is a dot alone.
fn stuffed(message: &str) -> String {
    let lines = message.split_inclusive("\r\n");
    lines
        .map(|line| match line.strip_prefix('.') {
            Some(_) => format!(".{line}"),
            None => line.to_owned(),
        })
        .collect()
}

fn connect(mail: &Mail) -> io::Result<TcpStream> {
    let places: Vec<SocketAddr> = (mail.server.host.as_str(), mail.server.port)
        .to_socket_addrs()?
        .collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no address");
    for place in places {
        match TcpStream::connect_timeout(&place, mail.timeout) {
            Ok(stream) => {
                stream.set_read_timeout(Some(mail.timeout))?;
                stream.set_write_timeout(Some(mail.timeout))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

struct Talk {
    stream: BufReader<TcpStream>,
    server: String,
}

impl Talk {
    fn say(&mut self, command: &'static str, line: &str, wanted: u16) -> Result<(), MailError> {
        self.write(&format!("{}\r\n", one_line(line)))?;
        self.expect(command, wanted)
    }

    fn write(&mut self, text: &str) -> Result<(), MailError> {
        let written = self.stream.get_mut().write_all(text.as_bytes());
        written.map_err(|source| self.broken(source))
    }

    /// The last line of an answer counts.
    fn expect(&mut self, command: &'static str, wanted: u16) -> Result<(), MailError> {
        let mut left = self.stream.by_ref().take(ANSWER);
        let answer = loop {
            let mut line = Vec::new();
            match left.read_until(b'\n', &mut line) {
                Ok(_) if line.last() != Some(&b'\n') => {
                    break Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(_) if line.get(3) == Some(&b'-') => {}
                Ok(_) => break Ok(line),
                Err(error) => break Err(error),
            }
        };
        let line = answer.map_err(|source| self.broken(source))?;
        let line = String::from_utf8_lossy(&line);
        let code = line.get(..3).and_then(|code| code.parse().ok());
        match code {
            Some(code) if code == wanted => Ok(()),
            code => Err(MailError::Refused {
                server: self.server.clone(),
                command,
                code: code.unwrap_or(0),
                text: one_line(line.trim()).chars().take(200).collect(),
            }),
        }
    }

    fn broken(&self, source: io::Error) -> MailError {
        MailError::Broken {
            server: self.server.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_is_not_the_end() {
        assert_eq!(stuffed("a\r\n.\r\n..b\r\n"), "a\r\n..\r\n...b\r\n");
        assert_eq!(stuffed("a.\r\n\r\n"), "a.\r\n\r\n");
    }
}
