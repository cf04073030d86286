//! Settings of TLS, made once for all checks that share them: loading a machine's authorities
//! takes milliseconds.

use super::{HTTP2, open, verified};
use crate::course::Course;
use holdfast_model::event::CheckFailure;
use holdfast_model::{TlsCheck, TlsClient, TlsVerify};
use openssl::ssl::SslContext;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use tokio_rustls::rustls::ClientConfig;

/// Linux's EINVAL: a file of ours is no good, which says nothing about the server.
const INVALID: i32 = 22;

/// Whom to believe, who we are, and whether it is for HTTP/2.
type Asked = (Option<TlsVerify>, Option<TlsClient>, bool);
type Verified = BTreeMap<Asked, Arc<ClientConfig>>;

std::thread_local! {
    static OPEN: RefCell<BTreeMap<Option<TlsClient>, SslContext>> = const { RefCell::new(BTreeMap::new()) };
    static VERIFIED: RefCell<Verified> = const { RefCell::new(BTreeMap::new()) };
}

/// Files are read again when they are needed next: a reload may mean just that.
pub(crate) fn forget() {
    OPEN.with_borrow_mut(BTreeMap::clear);
    VERIFIED.with_borrow_mut(BTreeMap::clear);
}

pub(super) fn open(secure: &TlsCheck, course: &mut Course) -> Result<SslContext, CheckFailure> {
    OPEN.with_borrow_mut(|all| {
        if let Some(context) = all.get(&secure.client) {
            return Ok(context.clone());
        }
        let context = open::context(secure.client.as_ref());
        let context = context.map_err(|error| unusable(&*error, course))?;
        all.insert(secure.client.clone(), context.clone());
        Ok(context)
    })
}

pub(super) fn verified(
    secure: &TlsCheck,
    second: bool,
    course: &mut Course,
) -> Result<Arc<ClientConfig>, CheckFailure> {
    VERIFIED.with_borrow_mut(|all| {
        let key = (secure.verify.clone(), secure.client.clone(), second);
        if let Some(config) = all.get(&key) {
            return Ok(Arc::clone(config));
        }
        let verify = secure.verify.clone().unwrap_or_default();
        let config = verified::config(&verify, secure.client.as_ref());
        let mut config = config.map_err(|error| unusable(&*error, course))?;
        if second {
            config.alpn_protocols = vec![HTTP2.to_vec()];
        }
        let config = Arc::new(config);
        all.insert(key, Arc::clone(&config));
        Ok(config)
    })
}

fn unusable(error: &dyn Error, course: &mut Course) -> CheckFailure {
    course.say(format!("TLS cannot be used: {error}"));
    CheckFailure::Local(INVALID)
}
