//! A request: keepalived's bytes, unless the check asks for more, or the same over HTTP/2.

use crate::course::Course;
use core::net::IpAddr;
use holdfast_model::event::CheckFailure;
use holdfast_model::{HttpCheck, HttpVersion, Url, is_of_connection};
use http::{Request, Uri};

/// Linux's EINVAL: a line of the file cannot be said, which says nothing about the server.
const INVALID: i32 = 22;

/// What is asked for.
pub(super) enum Asked {
    /// HTTP/1, as bytes.
    First(Vec<u8>),
    /// HTTP/2.
    Second(Request<()>),
}

impl Asked {
    pub(super) fn new(
        check: &HttpCheck,
        url: &Url,
        course: &mut Course,
    ) -> Result<Self, CheckFailure> {
        if check.request.version != HttpVersion::V2 {
            return Ok(Self::First(bytes(check, url).into_bytes()));
        }
        second(check, url).map(Self::Second).map_err(|error| {
            let path = url.path.as_str();
            course.say(format!("HTTP/2 cannot ask for `{path}`: {error}"));
            CheckFailure::Local(INVALID)
        })
    }
}

fn second(check: &HttpCheck, url: &Url) -> Result<Request<()>, http::Error> {
    let words = &check.request;
    let method = words
        .method
        .as_ref()
        .map_or("GET", |method| method.as_str());
    let mut authority = host(check, url);
    let mut own = Vec::new();
    for line in words.headers.iter().map(|line| line.as_str()) {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
        match name.as_str() {
            "host" => value.clone_into(&mut authority),
            name if is_of_connection(name) => {}
            _ => own.push((name, value)),
        }
    }
    let scheme = match check.tls {
        Some(_) => "https",
        None => "http",
    };
    let uri = Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(url.path.as_str())
        .build()?;
    let mut request = Request::builder().method(method).uri(uri);
    if !own.iter().any(|(name, _)| name == "user-agent") {
        request = request.header("user-agent", AGENT);
    }
    for (name, value) in own {
        // obs-text too (RFC 9110 s5.5)
        request = request.header(name, value.as_bytes());
    }
    request.body(())
}

const AGENT: &str = "KeepAliveClient";

fn bytes(check: &HttpCheck, url: &Url) -> String {
    let (words, path) = (&check.request, &url.path);
    let method = words
        .method
        .as_ref()
        .map_or("GET", |method| method.as_str());
    let (version, close) = match words.version {
        HttpVersion::V10 => ("1.0", false),
        HttpVersion::V10Close => ("1.0", true),
        HttpVersion::V11 | HttpVersion::V2 => ("1.1", true),
    };
    let mut request = format!("{method} {path} HTTP/{version}\r\n");
    let mut line = |name: &str, value: &str| {
        let mut own = words.headers.iter();
        // a line of the file's own takes its place
        if !own.any(|line| is_named(line.as_str(), name)) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
    };
    line("User-Agent", AGENT);
    if close {
        line("Connection", "close");
    }
    line("Host", &host(check, url));
    for header in &words.headers {
        request.push_str(header.as_str());
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    request
}

fn is_named(line: &str, name: &str) -> bool {
    let its = line.split(':').next().unwrap_or_default();
    its.trim().eq_ignore_ascii_case(name)
}

fn host(check: &HttpCheck, url: &Url) -> String {
    let target = check.connect.target;
    match (&url.virtualhost, target.ip()) {
        (Some(host), _) => host.as_str().to_owned(),
        (None, IpAddr::V4(address)) => format!("{address}:{}", target.port()),
        (None, IpAddr::V6(address)) => format!("[{address}]:{}", target.port()),
    }
}
