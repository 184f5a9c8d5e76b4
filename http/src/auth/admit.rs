//! What every request passes on its way to a handler.

use super::{
    core::bearer,
    guard::{changes_something, is_own_origin},
    identity::{By, Identity},
    keeper::{Keeper, whole_seconds},
    policy::{self, Known, Need, Object, Rule, Way},
    user::User,
};
use crate::{
    assets,
    audit::Attempt,
    problem::{Failure, ProblemBody},
    router::Edge,
    serve::Arrival,
    socket::{PROTOCOL, offered_ticket},
    ws::{CLOSE_NO_RIGHT, CLOSE_UNKNOWN_SCAN},
};
use axum::{
    extract::{
        ConnectInfo, FromRequestParts, MatchedPath, RawPathParams, Request, State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    http::{HeaderValue, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use netscan_schemas::{
    BatchId, HostId, ProjectId, ScanId, TokenId,
    audit::{AuditActor, Origin},
    problem::{Code, Problem},
};
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// In this process, or through a file that only its owner can open.
    Local,
    /// Over TCP.
    Tcp,
}

/// The token of who asked, in the extensions of an answer: for the log.
#[derive(Clone, Debug)]
pub struct AskedBy(pub Option<TokenId>);

/// How long a socket is kept to be told why it is refused.
const REFUSE_WAIT: Duration = Duration::from_secs(2);

/// Lets a request through to its handler, with the caller in its extensions, or refuses it.
pub async fn admit(
    State((edge, via)): State<(Arc<Edge>, Via)>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().cloned();
    let known = match &path {
        Some(path) => policy::find(request.method(), path.as_str()),
        None => assets::rule_of(&request).map_or(Known::Nothing, Known::Rule),
    };
    let (mut parts, body) = request.into_parts();
    let from = parts.extensions.get::<Arrival>().map(|arrival| arrival.peer);
    let (who, decided) = decide(&edge, via, known, &mut parts, from).await;
    let attempt = Attempt::of(&parts.method, &parts.headers, path.clone());
    let note = |problem: &Problem| {
        let unknown = || Origin { actor: AuditActor::Unknown, from };
        let by = who.as_ref().map_or_else(unknown, Identity::origin);
        edge.noted.refusal(&by, &attempt, problem);
    };
    if let Err(refusal) = &decided {
        note(&refusal.0);
    }
    match (decided, known) {
        (Ok(identity), Known::Rule(_)) => {
            let token = identity.as_ref().and_then(Identity::token).cloned();
            if let Some(identity) = identity {
                parts.extensions.insert(identity);
            }
            let mut response = next.run(Request::from_parts(parts, body)).await;
            response.extensions_mut().insert(AskedBy(token));
            if let Some(ProblemBody(problem)) = response.extensions().get::<ProblemBody>() {
                note(problem);
            }
            response
        }
        (Ok(_), Known::OtherMethods) => other_methods(&parts, path.as_ref()),
        // Its handler says that there is no such route.
        (Ok(_), Known::Nothing) if path.is_none() => {
            next.run(Request::from_parts(parts, body)).await
        }
        (Ok(_), Known::Nothing) => {
            tracing::error!("the route {path:?} is not in the table of rights: it is refused");
            Failure::not_found(format!("`{}`", parts.uri.path())).into_response()
        }
        (Err(refusal), Known::Rule(rule)) if rule.way() == Way::Socket => {
            refuse_socket(&edge, parts, refusal).await
        }
        (Err(refusal), _) => refusal.into_response(),
    }
}

fn other_methods(parts: &Parts, path: Option<&MatchedPath>) -> Response {
    let detail = format!("`{}` does not take {}", parts.uri.path(), parts.method);
    let mut response = Failure::new(Code::MethodNotAllowed, detail).into_response();
    let allowed = path.map(|path| policy::allowed(path.as_str())).unwrap_or_default();
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

/// Returns the caller, if it is known, and whether it may do this.
async fn decide(
    edge: &Edge,
    via: Via,
    known: Known,
    parts: &mut Parts,
    from: Option<IpAddr>,
) -> (Option<Identity>, Result<Option<Identity>, Failure>) {
    let identity = match via {
        Via::Local => Ok(Some(Identity::local(user_of(parts)))),
        Via::Tcp if edge.keeper.is_open() => Ok(Some(Identity::anyone())),
        Via::Tcp => identify(&edge.keeper, known, parts),
    };
    let identity = identity.map(|identity| identity.map(|identity| identity.at(from)));
    let who = identity.as_ref().ok().cloned().flatten();
    (who, judge(edge, via, known, parts, identity).await)
}

/// Returns whose process asks, through the socket file or in this one.
fn user_of(parts: &Parts) -> User {
    let peer = parts.extensions.get::<ConnectInfo<User>>();
    peer.map_or_else(User::own, |ConnectInfo(user)| user.clone())
}

/// Returns the caller, if it may do this; none where nobody need say who they are, and does not.
async fn judge(
    edge: &Edge,
    via: Via,
    known: Known,
    parts: &mut Parts,
    identity: Result<Option<Identity>, Failure>,
) -> Result<Option<Identity>, Failure> {
    let place = place_of(parts);
    if let Known::Rule(Rule { need: Need::Nothing, .. }) = known {
        // Whoever it is: also when the store cannot tell.
        return Ok(identity.unwrap_or_default());
    }
    let Some(identity) = identity? else { return Err(unknown_caller(&edge.keeper, place)) };
    if via == Via::Tcp {
        not_too_often(&edge.keeper, &identity)?;
        // A ticket is no cookie: no page has it that was not given it.
        if ticket(known, parts).is_none() {
            by_its_own_page(&edge.keeper, &identity, parts)?;
        }
    }
    if let Known::Rule(rule) = known {
        has_role(&identity, rule, parts)?;
        sees_object(edge, &identity, rule, parts).await?;
    }
    Ok(Some(identity))
}

fn place_of(parts: &Parts) -> IpAddr {
    let arrival = parts.extensions.get::<Arrival>();
    arrival.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |arrival| arrival.peer)
}

/// Returns the ticket that a request for a WebSocket offers.
fn ticket(known: Known, parts: &Parts) -> Option<&str> {
    match known {
        Known::Rule(rule) if rule.way() == Way::Socket => offered_ticket(&parts.headers),
        Known::Rule(_) | Known::OtherMethods | Known::Nothing => None,
    }
}

/// Returns who asks: by a token, or else by a ticket, or else by a cookie. A token or a ticket that
/// is none does not fall back.
fn identify(keeper: &Keeper, known: Known, parts: &Parts) -> Result<Option<Identity>, Failure> {
    let header = |name| parts.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if parts.headers.contains_key(header::AUTHORIZATION) {
        let token = header(header::AUTHORIZATION).and_then(bearer);
        return Ok(token.map(|token| keeper.by_token(token)).transpose()?.flatten());
    }
    if let Some(ticket) = ticket(known, parts) {
        return Ok(keeper.by_ticket(ticket)?);
    }
    let cookie = header(header::COOKIE);
    Ok(cookie.map(|cookie| keeper.by_cookie(cookie)).transpose()?.flatten())
}

/// Refuses who does not say who they are; who fails too often has to wait.
pub fn unknown_caller(keeper: &Keeper, place: IpAddr) -> Failure {
    if let Err(wait) = keeper.rates.failure(place) {
        return rate_limited("requests without a valid token", wait);
    }
    let detail = "no valid token or session: send `Authorization: Bearer nsk_...`, or open the \
                  login URL that `netscan token login-url` prints; `netscan token create` makes a \
                  token";
    Failure::new(Code::Unauthenticated, detail)
}

/// Refuses what there is too much of for a while.
pub fn rate_limited(what: &str, wait: Duration) -> Failure {
    let seconds = whole_seconds(wait);
    let detail = format!("too many {what}; try again in {seconds} s");
    Failure(Box::new(Problem::new(Code::RateLimited, detail).retry_after(seconds)))
}

/// Refuses a caller that asks too often.
pub fn not_too_often(keeper: &Keeper, identity: &Identity) -> Result<(), Failure> {
    // Where rights are off, one caller cannot be told from another.
    let Some(token) = identity.token() else { return Ok(()) };
    keeper.rates.request(token).map_err(|wait| rate_limited("requests", wait))
}

/// A browser sends its cookie with what other pages make it ask: only our own pages may use it.
fn by_its_own_page(keeper: &Keeper, identity: &Identity, parts: &Parts) -> Result<(), Failure> {
    if !matches!(identity.by(), By::Session(_)) {
        return Ok(());
    }
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let site = text("sec-fetch-site");
    let own = match text(header::ORIGIN.as_str()) {
        Some(origin) => is_own_origin(origin, &parts.headers, keeper.secure),
        None => site == Some("same-origin"),
    };
    let refused = match changes_something(&parts.method, &parts.headers) {
        true => !own,
        false => site == Some("cross-site"),
    };
    match refused {
        true => Err(Failure::new(
            Code::OriginNotAllowed,
            "a session of a browser is only for the pages of this server; programs and other pages \
             use a token: `Authorization: Bearer nsk_...`",
        )),
        false => Ok(()),
    }
}

fn has_role(identity: &Identity, rule: &Rule, parts: &Parts) -> Result<(), Failure> {
    let Need::Role(need) = rule.need else { return Ok(()) };
    let what = || format!("{} {}", parts.method, parts.uri.path());
    if identity.role() < need {
        let detail = format!("{} takes the role {need}, and this is {identity}", what());
        return Err(Failure::new(Code::Forbidden, detail));
    }
    if rule.object == Object::Whole && identity.projects().is_some() {
        let detail = format!("{} is not for tokens that are limited to some projects", what());
        return Err(Failure::new(Code::Forbidden, detail));
    }
    Ok(())
}

/// What a caller may not see, it is told, does not exist.
async fn sees_object(
    edge: &Edge,
    identity: &Identity,
    rule: &Rule,
    parts: &mut Parts,
) -> Result<(), Failure> {
    let Some(projects) = identity.projects() else { return Ok(()) };
    if matches!(rule.object, Object::None | Object::Whole) {
        return Ok(());
    }
    let id = path_id(parts).await;
    // What is no number is refused by the handler.
    let Ok(number) = id.parse::<u64>() else { return Ok(()) };
    let store = edge.system.store();
    let (what, scan) = match rule.object {
        Object::None | Object::Whole => return Ok(()),
        Object::Project => {
            let seen = ProjectId::new(number).is_some_and(|id| identity.sees(id));
            return if seen { Ok(()) } else { Err(Failure::not_found(format!("project {id}"))) };
        }
        Object::Scan => ("scan", ScanId::new(number)),
        Object::Batch => {
            let batch = BatchId::new(number).map(|id| store.batch(id)).transpose()?.flatten();
            ("batch", batch.map(|batch| batch.scan_id))
        }
        Object::Host => {
            let host = HostId::new(number).map(|id| store.host(id)).transpose()?.flatten();
            ("host", host.map(|host| host.scan_id))
        }
    };
    let seen = scan.map(|scan| store.is_of_any(scan, projects)).transpose()?;
    match seen {
        Some(true) => Ok(()),
        Some(false) | None => Err(Failure::not_found(format!("{what} {number}"))),
    }
}

async fn path_id(parts: &mut Parts) -> String {
    let params = RawPathParams::from_request_parts(parts, &()).await;
    let id = params.ok().and_then(|params| {
        params.iter().find(|(name, _)| *name == "id").map(|(_, value)| value.to_owned())
    });
    id.unwrap_or_default()
}

/// Refuses a WebSocket in the way that a browser's page can read: by a close code.
async fn refuse_socket(edge: &Edge, mut parts: Parts, refusal: Failure) -> Response {
    let code = match refusal.0.code {
        Code::Unauthenticated | Code::Forbidden => CLOSE_NO_RIGHT,
        Code::NotFound => CLOSE_UNKNOWN_SCAN,
        _ => return refusal.into_response(),
    };
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut parts, &()).await else {
        return refusal.into_response();
    };
    // It is no answer with a problem, but one all the same.
    edge.metrics.problem(refusal.0.code);
    // Without this a browser that offers it does not get as far as the code.
    let upgrade = upgrade.protocols([PROTOCOL]);
    let reason = refusal.0.title.clone();
    upgrade.on_upgrade(move |mut socket: WebSocket| async move {
        let frame = CloseFrame { code, reason: reason.into() };
        let close = async {
            let sent = socket.send(Message::Close(Some(frame))).await;
            // Until the client has answered, so that it surely reads the code.
            while sent.is_ok() && matches!(socket.recv().await, Some(Ok(_))) {}
        };
        // A client that does not go is left.
        let _ = tokio::time::timeout(REFUSE_WAIT, close).await;
    })
}
