//! Requests and what comes of them. One request a connection.

use super::hub::{self, Hub, Unanswered};
use crate::patience::HEAD;
use crate::question::{Answer, Question};
use crate::report::{Part, Status, Trouble};
use holdfast_supervise::Role;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;
use tokio::net::UnixStream;

/// Bytes of a request's head.
const HEAD_MAX: usize = 16 * 1024;

/// Bytes of a request's body.
const BODY_MAX: usize = 2048;

type Reply = Response<Full<Bytes>>;

/// A refusal.
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

pub(super) async fn serve(hub: Rc<RefCell<Hub>>, stream: UnixStream) {
    let service = service_fn(move |request| {
        let hub = Rc::clone(&hub);
        async move { Ok::<_, Infallible>(respond(&hub, request).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .keep_alive(false)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!("control socket: {error}");
    }
}

async fn respond(hub: &RefCell<Hub>, request: Request<Incoming>) -> Reply {
    match route(hub, request).await {
        Ok(reply) => reply,
        Err(Refused(status, error)) => json(status, &Trouble { error }),
    }
}

async fn route(hub: &RefCell<Hub>, request: Request<Incoming>) -> Result<Reply, Refused> {
    let path = request.uri().path().to_owned();
    let words: Vec<String> = path.split('/').skip(1).map(decoded).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match (request.method(), words.as_slice()) {
        (&Method::GET, ["v1", "status"]) => Ok(json(StatusCode::OK, &status(hub).await)),
        (&Method::GET, ["v1", "instances", name, "why"]) => {
            let instance = (*name).to_owned();
            let question = Question::Why { instance };
            match asked(hub, Role::Vrrp, &question).await? {
                Answer::Why(why) => Ok(json(StatusCode::OK, &why)),
                other => Err(odd(&other)),
            }
        }
        (&Method::GET, ["v1", "servers", server, real, "connections"]) => {
            let question = Question::Connections {
                virtual_server: (*server).to_owned(),
                real_server: (*real).to_owned(),
            };
            match asked(hub, Role::Lvs, &question).await? {
                Answer::Connections(connections) => Ok(json(StatusCode::OK, &connections)),
                other => Err(odd(&other)),
            }
        }
        (&Method::POST, ["v1", "orders"]) => {
            let question = Question::Order(body(request).await?);
            match asked(hub, Role::Lvs, &question).await? {
                Answer::Ordered(ordered) => Ok(json(StatusCode::OK, &ordered)),
                other => Err(odd(&other)),
            }
        }
        (method, ["v1", "status"]) => Err(Refused(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("{method} is not for {path}"),
        )),
        _unknown => Err(Refused(
            StatusCode::NOT_FOUND,
            format!("nothing is known of {path}"),
        )),
    }
}

/// What a request carries.
async fn body<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Refused> {
    let refused = |words: String| Refused(StatusCode::BAD_REQUEST, words);
    let limited = Limited::new(request.into_body(), BODY_MAX).collect();
    let bytes = tokio::time::timeout(HEAD, limited)
        .await
        .map_err(|_| refused("the request's body did not come in time".to_owned()))?
        .map_err(|error| refused(format!("the request's body cannot be read: {error}")))?
        .to_bytes();
    serde_json::from_slice(&bytes).map_err(|error| refused(format!("the request's body: {error}")))
}

/// Asks a worker; what is none of its business it says itself.
async fn asked(hub: &RefCell<Hub>, role: Role, question: &Question) -> Result<Answer, Refused> {
    match hub::question(hub, role, question).await {
        Ok(Answer::Refused(words)) => Err(Refused(StatusCode::CONFLICT, words)),
        Ok(answer) => Ok(answer),
        Err(Unanswered::Unconfigured) => {
            let what = match role {
                Role::Vrrp => "VRRP instance",
                Role::Lvs => "virtual server",
            };
            let words = format!("this daemon's configuration has no {what}");
            Err(Refused(StatusCode::NOT_FOUND, words))
        }
        Err(Unanswered::Silent) => {
            let title = role.title();
            let words = format!(
                "the {title} process does not answer: it may be starting again; see the log, and try once more"
            );
            Err(Refused(StatusCode::SERVICE_UNAVAILABLE, words))
        }
    }
}

/// A worker of another build, perhaps.
fn odd(answer: &Answer) -> Refused {
    tracing::warn!("control socket: a worker answers another question: {answer:?}");
    let words = "a process of the daemon answered something else".to_owned();
    Refused(StatusCode::INTERNAL_SERVER_ERROR, words)
}

async fn status(hub: &RefCell<Hub>) -> Status {
    let (vrrp, lvs) = tokio::join!(hub::status(hub, Role::Vrrp), hub::status(hub, Role::Lvs));
    let vrrp = vrrp.ok().and_then(|answer| match &*answer {
        Answer::Vrrp(report) => Some(report.clone()),
        _other => None,
    });
    let lvs = lvs.ok().and_then(|answer| match &*answer {
        Answer::Lvs(report) => Some(report.clone()),
        _other => None,
    });
    let mut hub = hub.borrow_mut();
    Status {
        daemon: hub.daemon(),
        vrrp: Part {
            process: hub.process(Role::Vrrp),
            report: vrrp,
        },
        lvs: Part {
            process: hub.process(Role::Lvs),
            report: lvs,
        },
    }
}

fn json<T: Serialize>(status: StatusCode, what: &T) -> Reply {
    let text = serde_json::to_vec(what).unwrap_or_default();
    let mut reply = Response::new(Full::new(Bytes::from(text)));
    *reply.status_mut() = status;
    let kind = hyper::header::HeaderValue::from_static("application/json");
    reply.headers_mut().insert(CONTENT_TYPE, kind);
    reply
}

/// A part of a path, its `%` signs read (RFC 3986 s2.1).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.first_chunk::<2>().filter(|_| *first == b'%');
        let pair = pair.and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = tail.get(byte.map_or(0, |_| 2)..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn paths_are_read() {
        for (text, expected) in [
            ("VI_1", "VI_1"),
            ("a%20b%2Fc", "a b/c"),
            ("%5Bfd00%3A%3A1%5D:80", "[fd00::1]:80"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("", ""),
        ] {
            assert_eq!(decoded(text), expected);
        }
    }
}
