//! What HTTP_GET and SSL_GET blocks say before the levels around them are asked.

use holdfast_model::{
    Connect, HttpCheck, HttpRequest, HttpVersion, LvsModel, Name, Probe, Sni, TlsCheck, TlsClient,
    TlsVerify, Url,
};
use holdfast_syntax::Span;

/// HTTP_GET or SSL_GET.
#[derive(Debug, Default, Clone)]
pub(crate) struct HttpDraft {
    /// SSL_GET.
    pub(crate) tls: bool,
    /// The checker's `virtualhost`.
    pub(crate) virtualhost: Option<Name>,
    /// `url` blocks.
    pub(crate) urls: Vec<Url>,
    pub(crate) request: HttpRequest,
    /// `http2`, whatever `http_protocol` says.
    pub(crate) second: bool,
    /// The first line that only HTTP/1 has a place for.
    pub(crate) first_word: Option<Span>,
    pub(crate) enable_sni: bool,
    pub(crate) sni_name: Option<Name>,
    /// `tls_compliant` of the checker.
    pub(crate) announced_end: bool,
    pub(crate) verify: bool,
    pub(crate) authorities: Option<Name>,
    pub(crate) expiry_days: Option<u16>,
    /// The first line that is about TLS.
    pub(crate) tls_word: Option<Span>,
}

impl HttpDraft {
    /// With the virtual host of the levels around it.
    pub(crate) fn probe(&self, connect: Connect, inherited: Option<&Name>) -> Probe {
        let outer = self.virtualhost.as_ref().or(inherited);
        let mut urls = self.urls.clone();
        for url in &mut urls {
            url.virtualhost = url.virtualhost.take().or_else(|| outer.cloned());
            url.announced_end = self.tls && (url.announced_end || self.announced_end);
        }
        let tls = self.tls.then(|| Box::new(self.tls()));
        let mut request = self.request.clone();
        if self.second {
            request.version = HttpVersion::V2;
        }
        Probe::Http(Box::new(HttpCheck {
            connect,
            urls,
            tls,
            request,
        }))
    }

    fn tls(&self) -> TlsCheck {
        let sni = match (&self.sni_name, self.enable_sni) {
            (Some(name), _) => Sni::Name(name.clone()),
            (None, true) => Sni::Virtualhost,
            (None, false) => Sni::None,
        };
        TlsCheck {
            sni,
            client: None,
            verify: self.verify.then(|| TlsVerify {
                authorities: self.authorities.clone(),
            }),
            expiry_days: self.expiry_days,
        }
    }
}

/// `SSL { }` is every SSL_GET's.
pub(crate) fn introduce(model: &mut LvsModel, client: Option<TlsClient>) {
    let Some(client) = client else { return };
    let servers = model.virtual_servers.iter_mut();
    let servers = servers.flat_map(|server| &mut server.real_servers);
    for checker in servers.flat_map(|server| &mut server.checkers) {
        if let Probe::Http(check) = &mut checker.probe
            && let Some(tls) = &mut check.tls
        {
            tls.client = Some(client.clone());
        }
    }
}
