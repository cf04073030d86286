//! The bytes of a request: keepalived's, unless the check asks for more.

use core::net::IpAddr;
use holdfast_model::{HttpCheck, HttpVersion, Url};

pub(super) fn bytes(check: &HttpCheck, url: &Url) -> String {
    let (words, path) = (&check.request, &url.path);
    let method = words
        .method
        .as_ref()
        .map_or("GET", |method| method.as_str());
    let (version, close) = match words.version {
        HttpVersion::V10 => ("1.0", false),
        HttpVersion::V10Close => ("1.0", true),
        HttpVersion::V11 => ("1.1", true),
    };
    let mut request = format!("{method} {path} HTTP/{version}\r\n");
    let mut line = |name: &str, value: &str| {
        let mut own = words.headers.iter();
        // a line of the file's own takes its place
        if !own.any(|line| is_named(line.as_str(), name)) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
    };
    line("User-Agent", "KeepAliveClient");
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
