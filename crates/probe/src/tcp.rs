//! TCP_CHECK: a connection that is made is an answer. Nothing is sent or read.

use crate::bind;
use core::net::SocketAddr;
use core::time::Duration;
use holdfast_model::event::CheckFailure;

pub(crate) async fn run(target: SocketAddr, timeout: Duration) -> Result<(), CheckFailure> {
    bind::connect(target, timeout).await.map(drop)
}
