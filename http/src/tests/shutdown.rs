//! The end of a server: none of its clients can hold it up.

use super::{PATIENCE, all_up, world};
use std::sync::Arc;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

#[tokio::test]
async fn clients_that_do_not_let_go_do_not_hold_up_the_end() {
    let world = world(all_up).await;
    let scan = world.idle_scan().await;
    for _ in 0..14 {
        world.line(scan, 512 * 1024).await;
    }
    // Buffers so small that a client which stops reading is felt at once.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(4096).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(16).unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(crate::serve_tcp(listener, Arc::clone(&world.edge)));
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stalled = socket.connect(address).await.unwrap();
    let path = format!("/api/scans/{scan}/stream?since=0");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stalled.write_all(request.as_bytes()).await.unwrap();
    // It sees the first event begin, and takes nothing of the thirteen that were read with it.
    let mut stalled = BufReader::with_capacity(1024, stalled);
    let mut line = String::new();
    while line != "id: 1\n" {
        line.clear();
        timeout(PATIENCE, stalled.read_line(&mut line)).await.unwrap().unwrap();
    }
    // One never ends what it asks for.
    let mut halfway = TcpStream::connect(address).await.unwrap();
    halfway.write_all(b"GET /api/scans HTTP/1.1\r\nHost: loc").await.unwrap();
    world.edge.shutdown().cancel();
    timeout(PATIENCE, served).await.unwrap().unwrap().unwrap();
}
