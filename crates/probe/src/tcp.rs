//! TCP_CHECK: a connection that is made is an answer. Nothing is sent or read.

use crate::bind;
use core::time::Duration;
use holdfast_model::Connect;
use holdfast_model::event::CheckFailure;

pub(crate) async fn run(connect: &Connect, timeout: Duration) -> Result<(), CheckFailure> {
    bind::connect(connect, timeout).await.map(drop)
}
