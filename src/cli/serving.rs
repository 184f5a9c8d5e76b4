//! Arguments of the server.

use crate::values;
use clap::{Args as ClapArgs, ValueEnum};
use std::{net::SocketAddr, path::PathBuf};

/// How to serve.
#[derive(Debug, ClapArgs)]
pub struct ServeArgs {
    /// Where to listen, port 0 for any free one. Beyond loopback it takes TLS.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8000",
        value_parser = values::listen
    )]
    pub listen: SocketAddr,
    /// The nmap to use.
    #[arg(long, value_name = "PATH")]
    pub nmap: Option<PathBuf>,
    /// nmap processes at once over all scans.
    #[arg(long, value_name = "N", value_parser = values::slots)]
    pub slots: Option<usize>,
    /// Packets a second that all nmap processes may send together, beyond this machine; 0 for no
    /// bound. 80000 when left out.
    #[arg(long, value_name = "N", value_parser = values::packet_rate)]
    pub packet_rate: Option<u32>,
    /// Allow these addresses to be scanned for as long as the server runs; `netscan scope allow`
    /// is for good.
    #[arg(long, value_name = "CIDR")]
    pub allow: Vec<String>,
    /// Why; needed when they lie beyond this machine and private networks.
    #[arg(long, value_name = "WHY", requires = "allow")]
    pub allow_note: Option<String>,
    /// A TOML file of profiles; DATA/profiles.toml when left out, if there is one.
    #[arg(long, value_name = "FILE")]
    pub profiles: Option<PathBuf>,
    /// Let web pages of this origin use the API (http://localhost:5173).
    #[arg(long, value_name = "ORIGIN", value_parser = values::origin)]
    pub cors_origin: Vec<String>,
    /// Clients that may follow events at once, by WebSocket or event stream; 2048 when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub clients_max: Option<u32>,
    /// Who may use the API.
    #[arg(long, value_enum, default_value_t = Auth::Token)]
    pub auth: Auth,
    /// A name that clients may call this server by, besides localhost and the address.
    #[arg(long, value_name = "NAME", value_parser = values::host)]
    pub host: Vec<String>,
    /// A PEM file with the server's certificate, and those between it and its root. Read again on
    /// SIGHUP.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with the certificate's private key.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A proxy in front of this server speaks TLS; it must hand on the Host that clients gave.
    #[arg(long, conflicts_with = "tls_cert", requires = "host")]
    pub behind_tls_proxy: bool,
    /// Connections at once. 4096 when left out.
    #[arg(long, value_name = "N", value_parser = values::at_least_one)]
    pub max_connections: Option<usize>,
    /// Connections from one address at once, loopback apart; 0 for no bound. 64 when left out.
    #[arg(long, value_name = "N")]
    pub max_connections_per_ip: Option<usize>,
    /// Requests a second of one token; 0 for no bound. 10000 when left out.
    #[arg(long, value_name = "N")]
    pub request_rate: Option<u32>,
    /// How to write the log, which goes to standard error.
    #[arg(
        long,
        alias = "log",
        value_enum,
        value_name = "FORMAT",
        env = "NETSCAN_LOG_FORMAT",
        default_value_t = LogFormat::Text
    )]
    pub log_format: LogFormat,
}

/// Who may use the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Auth {
    /// Who has a token, or a session that was begun with one.
    Token,
    /// Everybody on this machine; for a server that listens on loopback only.
    None,
}

/// How to write the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// What all nmaps of the server may use. Changes hold for what starts next; what runs keeps its share.
#[derive(Debug, ClapArgs)]
pub struct LimitsArgs {
    /// nmap processes at once over all scans.
    #[arg(long, value_name = "N", value_parser = values::slots)]
    pub slots: Option<usize>,
    /// Packets a second that all nmap processes may send together, beyond this machine; 0 for no
    /// bound.
    #[arg(long, value_name = "N", value_parser = values::packet_rate)]
    pub packet_rate: Option<u32>,
    /// Memory that is left to others (512M, 2G): no nmap starts when less would be free.
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub memory_reserve: Option<u64>,
}
