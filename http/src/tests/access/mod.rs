//! Who may do what over TCP.

mod audit;
mod browsers;
mod grants;
mod roles;
mod streams;
mod tickets;
mod tokens;

use super::{Answer, World, all_up, ask, world};
use crate::{Edge, tcp_router};
use axum::{Router, body::Body, http::Request};
use netscan_schemas::{ProjectId, ScanId, audit::Origin};
use serde_json::{Value, json};
use std::sync::Arc;

/// A world whose TCP side lets in who has a token.
pub struct Guarded {
    pub world: World,
    edge: Arc<Edge>,
    tcp: Router,
}

pub async fn guarded() -> Guarded {
    guarded_by(|edge| edge).await
}

async fn guarded_by(settings: impl Fn(Edge) -> Edge) -> Guarded {
    guarded_by_world(world(all_up).await, settings).await
}

async fn guarded_by_world(world: World, settings: impl Fn(Edge) -> Edge) -> Guarded {
    let edge = Edge::new(Arc::clone(&world.system));
    let edge = edge.with_own_token(world.dir.path()).await.unwrap();
    let edge = Arc::new(settings(edge));
    let tcp = tcp_router(Arc::clone(&edge));
    // What is asked locally goes through the same edge.
    let world = World { router: crate::local_router(Arc::clone(&edge)), ..world };
    Guarded { world, edge, tcp }
}

impl Guarded {
    /// Makes a token and returns its id and the whole of it.
    pub async fn token(&self, role: &str, projects: Option<&[ProjectId]>) -> (String, String) {
        let body = json!({"name": role, "role": role, "projects": projects});
        let made = self.world.post("/api/tokens", &body).await;
        assert_eq!(made.status, 201, "{:?}", made.body);
        let made = made.json();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("id"), text("secret"))
    }

    pub async fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:8000")
            .header("authorization", format!("Bearer {token}"));
        ask(&self.tcp, request.body(Body::from(body)).unwrap()).await
    }

    pub async fn with(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        ask(&self.tcp, request.body(Body::empty()).unwrap()).await
    }

    /// Serves it, and returns `127.0.0.1:PORT`.
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(crate::serve_tcp(listener, Arc::clone(&self.edge)));
        address
    }
}

/// A scan in a project of its own.
async fn scanned(world: &Guarded, name: &str) -> (ProjectId, ScanId) {
    let project = world.world.system.project_named(name, &Origin::server()).await.unwrap();
    let request = json!({"targets": ["127.0.0.1"], "project_id": project});
    (project, world.world.scan(request).await)
}
