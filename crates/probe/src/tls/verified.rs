//! TLS with a server whose certificate counts, by rustls.

use super::refused;
use core::net::SocketAddr;
use holdfast_model::event::CheckFailure;
use holdfast_model::{TlsClient, TlsVerify};
use openssl::pkey::PKey;
use openssl::x509::X509;
use std::error::Error;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

pub(crate) type Stream = tokio_rustls::client::TlsStream<TcpStream>;

/// Trusts `tls_ca`, or what the machine trusts.
pub(super) fn config(
    verify: &TlsVerify,
    client: Option<&TlsClient>,
) -> Result<ClientConfig, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    match &verify.authorities {
        Some(path) => {
            for certificate in chain("tls_ca", path.as_str())? {
                roots.add(certificate)?;
            }
        }
        None => {
            // some of a machine's many may be odd: the others count
            let found = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(found.certs);
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?;
    let builder = builder.with_root_certificates(roots);
    let Some(client) = client else {
        return Ok(builder.with_no_client_auth());
    };
    let (Some(certificate), Some(key)) = (&client.certificate, &client.key) else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = chain("certificate", certificate.as_str())?;
    let pem = std::fs::read(key.as_str()).map_err(|error| format!("key {key}: {error}"))?;
    // rustls reads no key with a password
    let key = match &client.password {
        Some(password) => PKey::private_key_from_pem_passphrase(&pem, &password.0)?,
        None => PKey::private_key_from_pem_callback(&pem, |_| Ok(0))?,
    };
    let key = PrivateKeyDer::try_from(key.private_key_to_pkcs8()?)?;
    Ok(builder.with_client_auth_cert(chain, key)?)
}

fn chain(what: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, Box<dyn Error>> {
    let pem = std::fs::read(path).map_err(|error| format!("{what} {path}: {error}"))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let chain = chain.map_err(|error| format!("{what} {path}: {error}"))?;
    if chain.is_empty() {
        return Err(format!("{what} {path}: no certificate in it").into());
    }
    Ok(chain)
}

/// The name that is asked for, else the address, has to be the certificate's.
pub(super) async fn connect(
    stream: TcpStream,
    config: Arc<ClientConfig>,
    name: Option<&str>,
    target: SocketAddr,
) -> Result<Stream, CheckFailure> {
    let name = match name {
        Some(name) => ServerName::try_from(name.to_owned())
            .map_err(|_| CheckFailure::Tls(format!("`{name}` is no name for a server")))?,
        None => ServerName::from(target.ip()),
    };
    let connector = TlsConnector::from(config);
    let connected = connector.connect(name, stream).await;
    connected.map_err(|error| refused(error.to_string()))
}

/// The server's, once it was accepted.
pub(super) fn certificate(stream: &Stream) -> Option<X509> {
    let chain = stream.get_ref().1.peer_certificates()?;
    X509::from_der(chain.first()?).ok()
}
