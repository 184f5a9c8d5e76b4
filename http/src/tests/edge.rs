//! What one client may take of the server: time, connections, bytes. And TLS.

use super::{PATIENCE, World, all_up, world};
use crate::{
    Bounds, Edge, Tls,
    serve::{Arrival, Talk},
};
use netscan_schemas::limits;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self, ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

/// Reads what comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    // A reset is an end too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut read)).await.expect("it is closed");
    String::from_utf8_lossy(&read).into_owned()
}

async fn send(world: &World, address: &str, text: &str) -> TcpStream {
    let _ = world;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn slow_headers_are_cut_and_others_are_served() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        slow.push(send(&world, &address, "GET / HTTP/1.1\r\nHost: localhost\r\nX-").await);
    }
    let began = Instant::now();
    let healthy = async {
        while began.elapsed() < limits::HEADER_TIMEOUT {
            let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            let asked = Instant::now();
            let mut stream = send(&world, &address, request).await;
            assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200"));
            assert!(asked.elapsed() < Duration::from_secs(5));
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let cut = async {
        for stream in &mut slow {
            // A byte now and then does not help.
            let _ = stream.write_all(b"x").await;
            rest(stream).await;
        }
        began.elapsed()
    };
    let ((), took) = tokio::join!(healthy, cut);
    assert!(took >= limits::HEADER_TIMEOUT - Duration::from_secs(1), "{took:?}");
    assert!(took < limits::HEADER_TIMEOUT + Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn large_headers_are_refused() {
    let world = world(all_up).await;
    let address = world.listen().await;
    let many: String = (0..limits::HEADERS_MAX).map(|n| format!("X-{n}: y\r\n")).collect();
    let large = format!("X: {}\r\n", "y".repeat(limits::HEADER_BYTES_MAX));
    for headers in [many, large] {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        let mut stream = send(&world, &address, &request).await;
        let said = rest(&mut stream).await;
        assert!(said.starts_with("HTTP/1.1 431"), "{said}");
    }
}

#[tokio::test]
async fn only_lists_of_targets_may_be_large() {
    let world = world(all_up).await;
    let large = vec![b' '; limits::SMALL_BODY_BYTES_MAX + 1];
    let answer =
        super::ask(&world.router, super::request("POST", "/api/projects", large.clone())).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (413, "too-large"));
    for path in [
        "/api/scans",
        "/api/scans/start",
        "/api/scans/preview",
        "/api/targets/expand",
        "/api/nmap/run",
    ] {
        let answer = super::ask(&world.router, super::request("POST", path, large.clone())).await;
        assert_ne!(answer.status, 413, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_answered_with_408() {
    use futures_util::stream;
    let world = world(all_up).await;
    let trickle = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Some((Ok::<_, std::convert::Infallible>("{"), ()))
    });
    let body = crate::slow::Timed::new(axum::body::Body::from_stream(trickle));
    let request = axum::http::Request::post("/api/projects").body(axum::body::Body::new(body));
    let answer = super::ask(&world.router, request.unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (408, "request-timeout"));
}

/// Asks for a long answer, takes so many bytes of it every so often, and returns how long that
/// lasted and how many came.
async fn take_slowly(bytes: usize, every: Duration) -> (Duration, usize) {
    let world = world(all_up).await;
    let here = std::net::Ipv4Addr::LOCALHOST.into();
    let arrival = Arrival { peer: here, local: here };
    let talk = Talk { arrival, router: world.router.clone(), edge: Arc::clone(&world.edge) };
    let (mut client, stream) = tokio::io::duplex(4096);
    let talking = tokio::spawn(talk.http(stream));
    let path = "/api/openapi.json";
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut answer = Vec::new();
    while !talking.is_finished() {
        tokio::time::sleep(every).await;
        (&mut client).take(bytes as u64).read_to_end(&mut answer).await.unwrap();
    }
    talking.await.unwrap();
    let took = began.elapsed();
    client.read_to_end(&mut answer).await.unwrap();
    (took, answer.len())
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_is_let_go_and_a_slow_one_is_not() {
    let limit = limits::SEND_TIMEOUT;
    let (took, got) = take_slowly(0, Duration::from_secs(1)).await;
    assert!(limit <= took && took < limit + Duration::from_secs(5), "{took:?}");
    assert!(got <= 4096, "{got}");
    let (took, got) = take_slowly(4096, limit / 2).await;
    let whole = crate::openapi::text(crate::openapi::openapi()).len();
    assert!(took > 10 * limit && got > whole, "{took:?}, {got} bytes");
}

#[tokio::test]
async fn connections_have_a_bound() {
    let world = world(all_up).await;
    let bounds = Bounds { connections: 2, ..Bounds::default() };
    let edge = Edge::new(Arc::clone(&world.system)).open_to_all().with_bounds(bounds);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(crate::serve_tcp(listener, Arc::new(edge)));
    let half = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let mut held = [send(&world, &address, half).await, send(&world, &address, half).await];
    let mut third = send(&world, &address, &format!("{half}\r\n")).await;
    let early = timeout(Duration::from_millis(300), third.read_u8()).await;
    assert!(early.is_err(), "it waits for a place");
    held[0].write_all(b"\r\n").await.unwrap();
    assert!(rest(&mut held[0]).await.starts_with("HTTP/1.1 200"));
    assert!(rest(&mut third).await.starts_with("HTTP/1.1 200"));
}

/// Writes a new certificate for localhost and its key, and returns the certificate.
fn certify(dir: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    CertificateDer::from_pem_file(dir.join("cert.pem")).unwrap()
}

/// Asks over TLS, trusting this certificate alone.
async fn ask_tls(address: &str, trusted: CertificateDer<'static>) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn tls_takes_a_new_certificate_while_it_serves() {
    let world = world(all_up).await;
    let dir = tempfile::tempdir().unwrap();
    let first = certify(dir.path());
    let files = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    let tls = Arc::new(Tls::load(files.0.clone(), files.1.clone()).unwrap());
    let edge = Arc::new(Edge::new(Arc::clone(&world.system)).open_to_all().behind_tls());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(crate::serve_tls(listener, edge, Arc::clone(&tls)));
    let answer = ask_tls(&address, first.clone()).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    let second = certify(dir.path());
    ask_tls(&address, second.clone()).await.expect_err("the new one is not used yet");
    tls.reload().unwrap();
    assert!(ask_tls(&address, second.clone()).await.unwrap().starts_with("HTTP/1.1 200"));
    ask_tls(&address, first).await.expect_err("the old one is not used any more");
    // Files that are no good are told of, and what is in use stays.
    std::fs::write(&files.0, "nothing").unwrap();
    assert!(tls.reload().unwrap_err().to_string().contains("cert.pem"));
    certify(dir.path());
    std::fs::write(&files.1, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(tls.reload().unwrap_err().to_string().contains("do not go together"));
    assert!(ask_tls(&address, second).await.unwrap().starts_with("HTTP/1.1 200"));
    // Who says nothing is not waited for.
    let began = Instant::now();
    rest(&mut TcpStream::connect(&address).await.unwrap()).await;
    let took = began.elapsed();
    assert!(took < limits::TLS_TIMEOUT + Duration::from_secs(10), "{took:?}");
    // Who speaks no TLS is not served.
    let plain = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = send(&world, &address, plain).await;
    assert!(!rest(&mut stream).await.contains("200"));
}
