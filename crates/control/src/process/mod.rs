//! The control process: takes connections, and asks the workers.

mod http;
mod hub;

use crate::patience::{BEAT, CONNECTION, IDLE};
use holdfast_kernel::inherit::adopt;
use holdfast_kernel::readable::watch;
use holdfast_supervise::channel::Received;
use holdfast_supervise::{Channel, ControlArguments, FromWorker, ToControl};
use hub::Hub;
use std::cell::RefCell;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixListener as Listener;
use std::rc::Rc;
use std::time::Instant;
use tokio::net::unix::UCred;
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::LocalOptions;
use tokio::task::JoinSet;

/// Connections at a time; whoever comes beyond waits in the socket's queue.
const AT_ONCE: usize = 32;

/// Serves until nobody asks any more, or the supervisor is gone.
///
/// # Errors
/// When it cannot start.
pub fn run(arguments: &ControlArguments) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: &ControlArguments) -> io::Result<()> {
    let supervisor = Channel::from_fd(adopt(arguments.channel)?)?;
    let listener = Listener::from(adopt(arguments.listener)?);
    listener.set_nonblocking(true)?;
    let listener = UnixListener::from_std(listener)?;
    let [vrrp, lvs] = arguments.links;
    let links = [
        Channel::from_fd(adopt(vrrp)?)?,
        Channel::from_fd(adopt(lvs)?)?,
    ];
    let bell = {
        let [vrrp, lvs] = &links;
        watch(&[supervisor.as_fd(), vrrp.as_fd(), lvs.as_fd()])?
    };
    let hub = Rc::new(RefCell::new(Hub::new(links)));
    let mut connections = JoinSet::new();
    let (mut next_beat, mut last_asked) = (Instant::now(), Instant::now());
    loop {
        if Instant::now() >= next_beat {
            let _supervisor_hangs = supervisor.send(&FromWorker::Beat.encode(), None);
            next_beat = Instant::now() + BEAT;
        }
        if !connections.is_empty() {
            last_asked = Instant::now();
        } else if last_asked.elapsed() > IDLE {
            return Ok(());
        }
        let room = connections.len() < AT_ONCE && hub.borrow().is_informed();
        tokio::select! {
            accepted = listener.accept(), if room => {
                if let Ok((stream, _)) = accepted {
                    last_asked = Instant::now();
                    connections.spawn_local(connection(Rc::clone(&hub), stream));
                }
            }
            Some(_ended) = connections.join_next() => {}
            () = bell.readable() => {
                hub.borrow_mut().hear();
                if !told(&supervisor, &hub) {
                    return Ok(());
                }
            }
            () = tokio::time::sleep_until(next_beat.into()) => {}
        }
    }
}

/// Reads what the supervisor says; false when it is gone.
fn told(supervisor: &Channel, hub: &RefCell<Hub>) -> bool {
    loop {
        match supervisor.receive() {
            Ok(Received::Message(bytes, _)) => {
                if let Some(fact) = ToControl::decode(&bytes) {
                    hub.borrow_mut().learn(fact);
                }
            }
            Ok(Received::Empty) => return true,
            Ok(Received::Closed) | Err(_) => return false,
        }
    }
}

/// One connection to its end, which is near. The socket's mode keeps others out; this is the second
/// lock, for a mode that somebody changed.
async fn connection(hub: Rc<RefCell<Hub>>, stream: UnixStream) {
    let peer = stream.peer_cred().map(|peer| UCred::uid(&peer));
    if !peer.is_ok_and(|uid| uid == 0) {
        tracing::warn!("control socket: a connection of another user than root was refused");
        return;
    }
    let _over = tokio::time::timeout(CONNECTION, http::serve(hub, stream)).await;
}
