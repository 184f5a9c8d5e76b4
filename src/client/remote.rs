//! A server elsewhere: where it is, the token for it, and whom to trust to be it.

use crate::{cli::Args, exit::Failure};
use axum::http::HeaderValue;
use std::{
    fs,
    io::{self, Read},
    net::IpAddr,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

/// The variable that may hold a token.
pub const TOKEN_VARIABLE: &str = "NETSCAN_TOKEN";
/// Bytes of a file with a token; one that is larger is another file.
const TOKEN_FILE_MAX: u64 = 4096;

/// A server, as the command line names it.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// Where it is; none for the data directory's own.
    pub url: Option<String>,
    token_file: Option<PathBuf>,
    ca_file: Option<PathBuf>,
}

impl Server {
    /// Returns what the command line says.
    pub fn of(args: &Args) -> Self {
        Self {
            url: args.server.clone(),
            token_file: args.token_file.clone(),
            ca_file: args.ca_file.clone(),
        }
    }

    /// Returns how to talk to it; none when the data directory's own is meant.
    pub fn remote(&self) -> Result<Option<Remote>, Failure> {
        let Some(url) = &self.url else { return Ok(None) };
        let (is_tls, place) = split(url)?;
        let bearer = self.bearer()?;
        if bearer.is_some() && !is_tls && !is_loopback(&place) {
            return Err(Failure::Usage(format!(
                "the token would go to {place} in the clear: use https://, or reach the server \
                 through an SSH tunnel at http://127.0.0.1"
            )));
        }
        let tls = if is_tls { Some(Trust::of(self.ca_file.as_deref())?) } else { None };
        Ok(Some(Remote { place, bearer, tls }))
    }

    /// Returns the token, as a header that is never printed.
    fn bearer(&self) -> Result<Option<HeaderValue>, Failure> {
        let token = match (std::env::var(TOKEN_VARIABLE), &self.token_file) {
            (Ok(token), _) => token,
            (Err(_), Some(file)) => read_token(file)?,
            (Err(_), None) => return Ok(None),
        };
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.trim()));
        let mut bearer = bearer.map_err(|_| {
            Failure::Usage("the token has characters that no token has; it begins with nsk_".into())
        })?;
        bearer.set_sensitive(true);
        Ok(Some(bearer))
    }
}

fn read_token(file: &Path) -> Result<String, Failure> {
    let failed =
        |source| Failure::Io { what: format!("reading the token in `{}`", file.display()), source };
    let opened = fs::File::open(file).map_err(failed)?;
    let mode = opened.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        let file = file.display();
        let text =
            format!("others may read the token in `{file}`; mend it with `chmod 600 {file}`");
        return Err(Failure::Usage(text));
    }
    let mut text = String::new();
    opened.take(TOKEN_FILE_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

/// Returns whether a URL is TLS, and its host and port.
fn split(url: &str) -> Result<(bool, String), Failure> {
    let (is_tls, rest) = match url.split_once("://") {
        Some(("http", rest)) => (false, rest),
        Some(("https", rest)) => (true, rest),
        _ => (false, ""),
    };
    let place = rest.trim_end_matches('/');
    if place.is_empty() || place.contains(['/', '@', '?', '#']) {
        return Err(Failure::Usage(format!(
            "`{url}` is not the URL of a server; it looks like http://127.0.0.1:8000 or \
             https://scans.example"
        )));
    }
    let has_port = place.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
    let port = if has_port {
        ""
    } else if is_tls {
        ":443"
    } else {
        ":80"
    };
    Ok((is_tls, format!("{place}{port}")))
}

fn host_of(place: &str) -> &str {
    let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_loopback(place: &str) -> bool {
    let host = host_of(place);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// How to talk to a server elsewhere.
#[derive(Clone, Debug)]
pub struct Remote {
    /// `host:port`.
    pub place: String,
    /// The header with the token.
    pub bearer: Option<HeaderValue>,
    /// Whom to trust, when it speaks TLS.
    pub tls: Option<Trust>,
}

/// Which certificates are trusted.
#[derive(Clone)]
pub struct Trust(TlsConnector);

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trust")
    }
}

impl Trust {
    /// Trusts what the system trusts, and what a file has.
    fn of(file: Option<&Path>) -> Result<Self, Failure> {
        let mut roots = RootCertStore::empty();
        // A system without any is no fault where a file names one.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(file) = file {
            let failed = |error: &dyn std::error::Error| Failure::Io {
                what: format!("reading the certificates in `{}`", file.display()),
                source: io::Error::other(error.to_string()),
            };
            let read = CertificateDer::pem_file_iter(file).map_err(|error| failed(&error))?;
            for certificate in read {
                let certificate = certificate.map_err(|error| failed(&error))?;
                roots.add(certificate).map_err(|error| failed(&error))?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::Protocol { what: format!("no TLS: {error}") })?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Makes a TLS connection of a plain one.
    pub async fn connect(
        &self,
        place: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let name = ServerName::try_from(host_of(place).to_owned());
        let name = name.map_err(|_| Failure::Usage(format!("`{place}` is no name of a server")))?;
        let connected = self.0.connect(name, stream).await;
        connected.map_err(|reason| Failure::Untrusted { place: place.to_owned(), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_servers() {
        for (url, is_tls, place) in [
            ("http://127.0.0.1:8000", false, "127.0.0.1:8000"),
            ("http://localhost/", false, "localhost:80"),
            ("https://scans.example", true, "scans.example:443"),
            ("http://[::1]:8000", false, "[::1]:8000"),
            ("https://[::1]", true, "[::1]:443"),
        ] {
            assert_eq!(split(url).unwrap(), (is_tls, place.to_owned()), "{url}");
        }
        for bad in ["", "localhost:8000", "ftp://x", "http://", "http://a/b", "http://u@h"] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_goes_nowhere_in_the_clear() {
        for (place, loopback) in [
            ("127.0.0.1:80", true),
            ("localhost:80", true),
            ("[::1]:80", true),
            ("192.0.2.1:80", false),
            ("localhost.example:80", false),
        ] {
            assert_eq!(is_loopback(place), loopback, "{place}");
        }
    }
}
