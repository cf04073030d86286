//! HTTP_GET and SSL_GET as `model.txt` has them.

use holdfast_model::{HttpCheck, HttpRequest};
use std::fmt::Write as _;

/// Urls, and what is said besides them.
pub(crate) fn http_text(http: &HttpCheck) -> String {
    let mut out = String::new();
    if http.request != HttpRequest::default() {
        let _ = write!(out, "\n      {:?}", http.request);
    }
    if let Some(tls) = &http.tls {
        let _ = write!(out, "\n      {tls:?}");
    }
    for url in &http.urls {
        let (path, host, digest, status) = (&url.path, &url.virtualhost, url.digest, &url.status);
        let _ = write!(
            out,
            "\n      Url {{ path: {path:?}, virtualhost: {host:?}, digest: {digest:?}, status: {status:?} }}"
        );
        if let Some(body) = &url.body {
            let _ = write!(out, " {body:?}");
        }
        if url.announced_end {
            out.push_str(" tls_compliant");
        }
    }
    out
}
