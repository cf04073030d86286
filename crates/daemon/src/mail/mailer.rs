//! The thread that hands in mail, and the letters that wait for it.

use super::letter::Letter;
use super::{MailError, plain, secure};
use holdfast_model::{Mail, MailTls};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Letters that may wait: each instance of a large pair, there and back.
const WAITING: usize = 512;
/// What has waited longer, behind a server that does not answer, is no news any more.
const OLD: Duration = Duration::from_secs(300);

struct Post {
    letter: Letter,
    mail: Arc<Mail>,
    date: jiff::Timestamp,
    since: Instant,
}

/// The side of those who write.
#[derive(Debug)]
pub(crate) struct Mailer {
    queue: Option<SyncSender<Post>>,
    /// Not handed in yet.
    left: Arc<AtomicUsize>,
    mail: Option<Arc<Mail>>,
    /// Letters that the queue had no room for.
    lost: u64,
}

impl Mailer {
    /// Nothing runs until there is a letter.
    pub(crate) fn new() -> Self {
        Self {
            queue: None,
            left: Arc::new(AtomicUsize::new(0)),
            mail: None,
            lost: 0,
        }
    }

    /// How the next letters are sent.
    pub(crate) fn configure(&mut self, mail: Option<&Mail>) {
        if self.mail.as_deref() != mail {
            self.mail = mail.cloned().map(Arc::new);
        }
    }

    /// Queues a letter; never waits.
    pub(crate) fn write(&mut self, letter: Letter) {
        let Some(mail) = self.mail.clone() else {
            return;
        };
        let post = Post {
            letter,
            mail,
            date: jiff::Timestamp::now(),
            since: Instant::now(),
        };
        if let Err(error) = self.start() {
            tracing::error!("no thread for mail: {error}");
            return;
        }
        let Some(queue) = &self.queue else { return };
        self.left.fetch_add(1, Ordering::Relaxed);
        if queue.try_send(post).is_ok() {
            return;
        }
        self.left.fetch_sub(1, Ordering::Relaxed);
        self.lost += 1;
        if self.lost.is_power_of_two() {
            let lost = self.lost;
            tracing::warn!("SMTP: {WAITING} letters wait already: {lost} lost so far");
        }
    }

    /// True when nothing waits to be handed in.
    pub(crate) fn is_idle(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    fn start(&mut self) -> io::Result<()> {
        if self.queue.is_some() {
            return Ok(());
        }
        let (sender, receiver) = sync_channel(WAITING);
        let left = Arc::clone(&self.left);
        std::thread::Builder::new()
            .name("mail".to_owned())
            .stack_size(1 << 20)
            .spawn(move || run(&receiver, &left))?;
        self.queue = Some(sender);
        Ok(())
    }
}

/// Ends with its queue.
fn run(queue: &Receiver<Post>, left: &AtomicUsize) {
    let mut old = 0_u64;
    while let Ok(post) = queue.recv() {
        if post.since.elapsed() > OLD {
            old += 1;
        } else {
            if old > 0 {
                tracing::warn!("SMTP: {old} letters had waited over {OLD:?}: given up");
                old = 0;
            }
            match send(&post) {
                Ok(()) => tracing::info!("SMTP alert successfully sent."),
                Err(error) => tracing::warn!("{error}: not sent: {}", post.letter.subject),
            }
        }
        left.fetch_sub(1, Ordering::Relaxed);
    }
}

fn send(post: &Post) -> Result<(), MailError> {
    // here, where there is room for reading the time zone
    let date = post.date.to_zoned(jiff::tz::TimeZone::system());
    let date = date.strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
    let message = post.letter.message(&post.mail, &date);
    match post.mail.tls {
        MailTls::Off => plain::send(&post.mail, &message),
        MailTls::StartTls | MailTls::Always => secure::send(&post.mail, &message),
    }
}
