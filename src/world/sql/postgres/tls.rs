//! TLS for PostgreSQL, with libpq's levels of trust.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::trouble::Trouble;
use super::address::{Address, Tls};
use crate::effect::FailKind;

/// A connector and what it did.
pub(super) struct Connector {
    pub(super) make: MakeRustlsConnect,
    /// Set when a handshake took place.
    used: Arc<AtomicBool>,
    level: Tls,
}

impl Connector {
    pub(super) fn new(address: &Address) -> Result<Self, Trouble> {
        // Named here and now: the process-wide default may not be installed.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let used = Arc::new(AtomicBool::new(false));
        let chain = match address.tls {
            Tls::VerifyCa | Tls::VerifyFull => Some(chain_verifier(address, &provider)?),
            _ => None,
        };
        let verifier = Verifier {
            chain,
            name: address.tls == Tls::VerifyFull,
            provider: Arc::clone(&provider),
            used: Arc::clone(&used),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Trouble::new(FailKind::Connection, error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self { make: MakeRustlsConnect::new(config), used, level: address.tls })
    }

    /// What may be said of the connection's encryption.
    pub(super) fn said(&self) -> &'static str {
        match self.level {
            _ if !self.used.load(Ordering::SeqCst) => "not encrypted",
            Tls::VerifyFull => "encrypted, verified",
            Tls::VerifyCa => "encrypted, authority verified, name not",
            _ => "encrypted, not verified",
        }
    }
}

fn chain_verifier(
    address: &Address,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Trouble> {
    let Some(file) = &address.roots else {
        let system = rustls_platform_verifier::Verifier::new(Arc::clone(provider));
        let system = system.map_err(|error| {
            let message = format!("could not read the system's certificates: {error}");
            Trouble::new(FailKind::Connection, message)
        })?;
        return Ok(Arc::new(system));
    };
    let wrong = |why: String| {
        let message = format!("could not use sslrootcert {}: {why}", file.display());
        Trouble::new(FailKind::Input, message)
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| wrong(e.to_string()))? {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    let built =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    Ok(built.map_err(|error| wrong(error.to_string()))?)
}

/// Believes as much as `sslmode` says.
#[derive(Debug)]
struct Verifier {
    /// Checks the chain of authorities, unless any certificate will do.
    chain: Option<Arc<dyn ServerCertVerifier>>,
    /// The name must fit too.
    name: bool,
    provider: Arc<CryptoProvider>,
    used: Arc<AtomicBool>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.used.store(true, Ordering::SeqCst);
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The chain is looked at before the name: only the name is wrong.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.name => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
