//! The OpenAPI document as one page for people: made here, without a script.

use super::openapi;
use crate::query::{Nothing, Query};
use axum::{
    http::{HeaderName, header},
    response::Html,
};
use serde_json::{Map, Value};
use std::{fmt::Write as _, sync::LazyLock};

/// Answers the documentation of the API as a page.
#[utoipa::path(
    get,
    path = "/api/docs",
    tag = "pages",
    operation_id = "docs_page",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")),
)]
pub async fn page(_: Query<Nothing>) -> Html<&'static str> {
    static PAGE: LazyLock<String> = LazyLock::new(|| render(openapi()));
    Html(PAGE.as_str())
}

/// Answers how that page looks.
#[utoipa::path(
    get,
    path = "/api/docs/style.css",
    tag = "pages",
    operation_id = "docs_style",
    responses((status = 200, description = "The style", body = String, content_type = "text/css")),
)]
pub async fn style(_: Query<Nothing>) -> ([(HeaderName, &'static str); 1], &'static str) {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("style.css"))
}

/// Returns text as it may stand anywhere in a page; what is between backticks, as code.
fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut is_code = false;
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '`' => {
                safe.push_str(if is_code { "</code>" } else { "<code>" });
                is_code = !is_code;
            }
            c => safe.push(c),
        }
    }
    if is_code {
        safe.push_str("</code>");
    }
    safe
}

fn text_of(value: &Value) -> String {
    html(value.as_str().unwrap_or_default())
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

// Writing to a String does not fail, so what `write!` returns says nothing.
fn render(document: &Value) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>netscan API</title>\n<link rel=\"stylesheet\" \
         href=\"/api/docs/style.css\">\n",
    );
    let info = &document["info"];
    let _ = writeln!(
        page,
        "<h1>{} {}</h1>\n<p>{}</p>\n<p>As documents: <a href=\"/api/openapi.json\">OpenAPI</a>, and \
         <a href=\"/api/asyncapi.json\">AsyncAPI</a> with the events.</p>",
        text_of(&info["title"]),
        text_of(&info["version"]),
        text_of(&info["description"]),
    );
    for tag in items(&document["tags"]) {
        let name = text_of(&tag["name"]);
        let what = text_of(&tag["description"]);
        let _ = writeln!(page, "<h2 id=\"{name}\">{name}</h2>\n<p>{what}.</p>");
        for (path, item) in fields(&document["paths"]) {
            for (method, operation) in fields(item).filter(|(_, of)| of["tags"][0] == tag["name"]) {
                render_operation(&mut page, method, path, operation, document);
            }
        }
    }
    page.push_str("<h2 id=\"schemas\">Schemas</h2>\n");
    for (name, schema) in fields(&document["components"]["schemas"]) {
        let name = html(name);
        let _ = writeln!(page, "<h3 id=\"schema-{name}\">{name}</h3>");
        let _ = writeln!(page, "<p>{}</p>", text_of(&schema["description"]));
        render_schema(&mut page, schema);
    }
    page.push_str("</html>\n");
    page
}

fn render_operation(
    page: &mut String,
    method: &str,
    path: &str,
    operation: &Value,
    document: &Value,
) {
    let id = text_of(&operation["operationId"]);
    let _ = writeln!(
        page,
        "<details id=\"{id}\">\n<summary><b>{}</b> <code>{}</code> {}</summary>",
        html(&method.to_uppercase()),
        html(path),
        text_of(&operation["summary"]),
    );
    let _ = writeln!(page, "<p>{}</p>", text_of(&operation["description"]));
    let _ = match operation["x-role"].as_str() {
        Some(role) => writeln!(page, "<p>Takes the role <code>{}</code>.</p>", html(role)),
        None => writeln!(page, "<p>For everybody.</p>"),
    };
    let mut parameters = items(&operation["parameters"]).peekable();
    if parameters.peek().is_some() {
        page.push_str("<h4>Parameters</h4>\n<table>\n");
        for parameter in parameters {
            let _ = writeln!(
                page,
                "<tr><td><code>{}</code><td>{}<td>{}<td>{}",
                text_of(&parameter["name"]),
                text_of(&parameter["in"]),
                kind(&parameter["schema"]),
                text_of(&parameter["description"]),
            );
        }
        page.push_str("</table>\n");
    }
    for (media, content) in fields(&operation["requestBody"]["content"]) {
        let _ =
            writeln!(page, "<h4>Body</h4>\n<p>{}: {}</p>", html(media), kind(&content["schema"]));
    }
    page.push_str("<h4>Answers</h4>\n<table>\n");
    for (status, answer) in fields(&operation["responses"]) {
        let named = answer["$ref"].as_str().and_then(|name| name.rsplit('/').next());
        let answer = named.map_or(answer, |name| &document["components"]["responses"][name]);
        let bodies: Vec<String> = match named {
            Some(_) => vec![kind(&serde_json::json!({ "$ref": "#/components/schemas/Problem" }))],
            None => fields(&answer["content"]).map(|(_, of)| kind(&of["schema"])).collect(),
        };
        let what = text_of(&answer["description"]);
        let _ = writeln!(page, "<tr><td>{}<td>{what}<td>{}", html(status), bodies.join(", "));
    }
    page.push_str("</table>\n</details>\n");
}

/// Returns a schema in a few words, with links to named ones.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        let name = html(name);
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for (key, between) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
        if schema[key].is_array() {
            let kinds: Vec<String> = items(&schema[key]).map(kind).collect();
            return kinds.join(between);
        }
    }
    if schema["enum"].is_array() {
        let names: Vec<String> =
            items(&schema["enum"]).map(|name| format!("<code>{}</code>", plain(name))).collect();
        return names.join(", ");
    }
    let names: Vec<String> = match &schema["type"] {
        Value::Array(names) => names.iter().map(text_of).collect(),
        name => vec![text_of(name)],
    };
    let of = match (&schema["items"], &schema["additionalProperties"]) {
        (Value::Null, Value::Null) => String::new(),
        (Value::Null, values) => format!(" of {}", kind(values)),
        (items, _) => format!(" of {}", kind(items)),
    };
    let bounds: String = [("minimum", "from"), ("maximum", "to")]
        .into_iter()
        .filter(|(key, _)| !schema[*key].is_null())
        .map(|(key, word)| format!(" {word} {}", plain(&schema[key])))
        .collect();
    format!("{}{of}{bounds}", names.join(" or "))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| html(&value.to_string()), html)
}

/// Writes a schema's fields, and those of its parts.
fn render_schema(page: &mut String, schema: &Value) {
    for part in ["oneOf", "anyOf", "allOf"].into_iter().flat_map(|key| items(&schema[key])) {
        let _ = writeln!(page, "<p>{}</p>", text_of(&part["description"]));
        match part["properties"].is_object() {
            true => render_schema(page, part),
            false => _ = writeln!(page, "<p>{}</p>", kind(part)),
        }
    }
    if !schema["properties"].is_object() {
        if schema["oneOf"].is_null() && schema["allOf"].is_null() && schema["anyOf"].is_null() {
            let _ = writeln!(page, "<p>{}</p>", kind(schema));
        }
        return;
    }
    page.push_str("<table>\n");
    for (name, field) in fields(&schema["properties"]) {
        let needed = items(&schema["required"]).any(|of| of == name);
        let _ = writeln!(
            page,
            "<tr><td><code>{}</code><td>{}<td>{}<td>{}",
            html(name),
            kind(field),
            if needed { "always" } else { "" },
            text_of(&field["description"]),
        );
    }
    page.push_str("</table>\n");
}
