//! One client for three ways to the API: in this process, through a socket file, over TCP.

mod remote;
mod session;
mod sse;

pub use remote::{Remote, Server};
pub use session::{Engine, Session, SocketFile, start_engine};
pub use sse::Follow;

use crate::exit::Failure;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, Response, header},
};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use netscan_schemas::problem::Problem;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::PathBuf;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tower::ServiceExt;

/// A way to the API.
#[derive(Clone)]
pub enum Client {
    /// The routes themselves.
    Here(Router),
    /// A socket file.
    Socket(PathBuf),
    /// A server elsewhere.
    Tcp(Remote),
}

impl Client {
    /// Sends a request and returns the answer, whatever it is.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response<Body>, Failure> {
        let payload = body.map_or_else(Body::empty, |value| Body::from(value.to_string()));
        self.send_body(method, path, "application/json", payload).await
    }

    /// Sends a request with this body and returns the answer, whatever it is.
    pub async fn send_body(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        payload: Body,
    ) -> Result<Response<Body>, Failure> {
        let host = match self {
            Self::Tcp(remote) => remote.place.as_str(),
            Self::Here(_) | Self::Socket(_) => "localhost",
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, host)
            .header(header::CONTENT_TYPE, kind);
        if let Self::Tcp(Remote { bearer: Some(bearer), .. }) = self {
            request = request.header(header::AUTHORIZATION, bearer);
        }
        let request = request
            .body(payload)
            .map_err(|error| Failure::Usage(format!("`{path}` cannot be asked for: {error}")))?;
        match self {
            Self::Here(router) => match router.clone().oneshot(request).await {
                Ok(response) => Ok(response),
                Err(never) => match never {},
            },
            Self::Socket(path) => {
                let stream = UnixStream::connect(path).await;
                exchange(stream.map_err(|e| unreachable(&path.display(), e))?, request).await
            }
            Self::Tcp(remote) => {
                let place = &remote.place;
                let stream = TcpStream::connect(place).await;
                let stream = stream.map_err(|e| unreachable(place, e))?;
                match &remote.tls {
                    Some(tls) => exchange(tls.connect(place, stream).await?, request).await,
                    None => exchange(stream, request).await,
                }
            }
        }
    }

    /// Sends a request and returns the answer's bytes; a problem is an error.
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Vec<u8>, Failure> {
        let response = self.send(method, path, body).await?;
        let status = response.status();
        let bytes = collect(response.into_body()).await?;
        if status.is_success() { Ok(bytes) } else { Err(problem(status.as_u16(), &bytes)) }
    }

    /// Posts bytes and returns the answer.
    pub async fn upload<T: DeserializeOwned>(&self, path: &str, body: Body) -> Result<T, Failure> {
        let response = self.send_body(Method::POST, path, "application/xml", body).await?;
        let status = response.status();
        let bytes = collect(response.into_body()).await?;
        if status.is_success() {
            typed(path, &bytes)
        } else {
            Err(problem(status.as_u16(), &bytes))
        }
    }

    /// Gets something piece by piece; a problem is an error. Returns the headers, and the body.
    pub async fn stream(&self, path: &str) -> Result<(HeaderMap, Body), Failure> {
        let response = self.send(Method::GET, path, None).await?;
        let (parts, body) = response.into_parts();
        if parts.status.is_success() {
            return Ok((parts.headers, body));
        }
        Err(problem(parts.status.as_u16(), &collect(body).await?))
    }

    /// Gets an object.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        typed(path, &self.call(Method::GET, path, None).await?)
    }

    /// Posts a body and returns the answer.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        typed(path, &self.call(Method::POST, path, Some(body)).await?)
    }

    /// Changes an object and returns it.
    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Failure> {
        typed(path, &self.call(Method::PATCH, path, Some(body)).await?)
    }

    /// Sends a body by this method and returns the answer.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<T, Failure> {
        typed(path, &self.call(method, path, Some(body)).await?)
    }

    /// Deletes something.
    pub async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.call(Method::DELETE, path, None).await.map(drop)
    }

    /// Gets all rows of a list, page by page.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failure> {
        self.list_up_to(path, usize::MAX).await
    }

    /// Gets rows of a list, page by page, until there are so many, or a few more.
    pub async fn list_up_to<T: DeserializeOwned>(
        &self,
        path: &str,
        most: usize,
    ) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next.filter(|_| rows.len() < most) {
            let response = self.send(Method::GET, &path, None).await?;
            let status = response.status();
            let link = response.headers().get(header::LINK).and_then(|link| link.to_str().ok());
            let following = link.and_then(|link| link.strip_prefix('<')?.split_once('>'));
            next = following.map(|(path, _)| path.to_owned());
            let bytes = collect(response.into_body()).await?;
            if !status.is_success() {
                return Err(problem(status.as_u16(), &bytes));
            }
            rows.extend(typed::<Vec<T>>(&path, &bytes)?);
        }
        Ok(rows)
    }
}

fn unreachable(place: &dyn std::fmt::Display, reason: std::io::Error) -> Failure {
    Failure::Unreachable { place: place.to_string(), reason }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Body>,
) -> Result<Response<Body>, Failure> {
    let broken = |error: hyper::Error| Failure::Protocol {
        what: format!("the connection to the server broke: {error}"),
    };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // It ends with the answer's body; what goes wrong shows there.
    tokio::spawn(connection);
    Ok(sender.send_request(request).await.map_err(broken)?.map(Body::new))
}

async fn collect(body: Body) -> Result<Vec<u8>, Failure> {
    let whole = body.collect().await;
    let whole = whole
        .map_err(|error| Failure::Protocol { what: format!("the answer broke off: {error}") })?;
    Ok(whole.to_bytes().to_vec())
}

fn typed<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(bytes).map_err(|error| Failure::Protocol {
        what: format!("the answer to {path} is not what this netscan knows: {error}"),
    })
}

/// Returns the failure that an answer of this status tells.
pub fn problem(status: u16, bytes: &[u8]) -> Failure {
    match serde_json::from_slice::<Problem>(bytes) {
        Ok(problem) => Failure::Problem(Box::new(problem)),
        Err(_) => Failure::Protocol { what: format!("the server answers with status {status}") },
    }
}
