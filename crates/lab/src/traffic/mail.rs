//! A mail server that takes everything and writes down every dialogue.

use crate::error::{Doing as _, Result, lock};
use crate::net::Host;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// One connection: who came, and every line that was said to us, without its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dialogue {
    /// From where.
    pub peer: IpAddr,
    /// What it said.
    pub lines: Vec<String>,
}

/// The server, on port 25 of a host.
#[derive(Debug)]
pub struct MailSink {
    heard: Arc<Mutex<Vec<Dialogue>>>,
    stop: Arc<AtomicBool>,
    host: Host,
    thread: Option<JoinHandle<Result<()>>>,
}

impl MailSink {
    /// Listens on every address of `host`.
    ///
    /// # Errors
    /// If the port is taken.
    pub fn start(host: &Host) -> Result<Self> {
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 25));
        let listener = host
            .within(|| TcpListener::bind(any))?
            .doing(format!("listen on port 25 of {}", host.name()))?;
        let stop = Arc::new(AtomicBool::new(false));
        let heard: Arc<Mutex<Vec<Dialogue>>> = Arc::default();
        let (flag, sink) = (Arc::clone(&stop), Arc::clone(&heard));
        let thread = host.spawn(move || {
            for connection in listener.incoming() {
                if flag.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                let sink = Arc::clone(&sink);
                // one that hangs must not hold up the rest
                std::thread::spawn(move || {
                    if let Some(dialogue) = listen(connection) {
                        lock(&sink).push(dialogue);
                    }
                });
            }
        });
        Ok(Self {
            heard,
            stop,
            host: host.clone(),
            thread: Some(thread),
        })
    }

    /// The dialogues of a peer that came to their end, in the order of their ends.
    #[must_use]
    pub fn heard(&self, peer: impl Into<IpAddr>) -> Vec<Dialogue> {
        let peer = peer.into();
        let all = lock(&self.heard);
        all.iter().filter(|one| one.peer == peer).cloned().collect()
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let (address, patience) = (
            SocketAddr::from((Ipv4Addr::LOCALHOST, 25)),
            Duration::from_millis(500),
        );
        let _woken = self
            .host
            .within(|| TcpStream::connect_timeout(&address, patience));
        if let Some(thread) = self.thread.take() {
            let _its_result = thread.join();
        }
    }
}

/// None for one that ended before its QUIT.
fn listen(connection: TcpStream) -> Option<Dialogue> {
    connection
        .set_read_timeout(Some(Duration::from_secs(20)))
        .ok()?;
    let peer = connection.peer_addr().ok()?.ip();
    let mut answers = connection.try_clone().ok()?;
    let mut reader = BufReader::new(connection);
    let mut lines = Vec::new();
    let mut in_text = false;
    answers.write_all(b"220-lab\r\n220 lab ESMTP\r\n").ok()?;
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        // the end of a line is CR LF, or it is told as it came
        let line = String::from_utf8_lossy(&line);
        let line = line.strip_suffix("\r\n").unwrap_or(&line).to_owned();
        let answer: &[u8] = match (in_text, line.as_str()) {
            (true, ".") => b"250 taken\r\n",
            (true, _) => b"",
            (false, "DATA") => b"354 go on\r\n",
            (false, "QUIT") => b"221 bye\r\n",
            (false, _) => b"250 yes\r\n",
        };
        in_text = if in_text { line != "." } else { line == "DATA" };
        let over = !in_text && line == "QUIT";
        lines.push(line);
        let _gone = answers.write_all(answer);
        if over {
            return Some(Dialogue { peer, lines });
        }
    }
}
