# netscan in a container: `docker build -t netscan .`, and how to run it is in docs/src/operations.md.
FROM rust:1-slim-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /netscan
COPY . .
RUN cargo build --locked --release --bin netscan

FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends nmap ca-certificates util-linux \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 900 --home-dir /var/lib/netscan --shell /usr/sbin/nologin netscan \
    && install -d -o netscan -g netscan -m 700 /var/lib/netscan
COPY --from=build /netscan/target/release/netscan /usr/local/bin/netscan
ENV NETSCAN_DATA=/var/lib/netscan
VOLUME /var/lib/netscan
EXPOSE 8000
# Docker gives no ambient capabilities to a user other than root, and nmap inherits no others. So
# the start is root's for one step: it becomes `netscan`, which holds CAP_NET_RAW and nothing else.
ENTRYPOINT ["setpriv", "--reuid=netscan", "--regid=netscan", "--clear-groups", "--no-new-privs", \
            "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw", \
            "netscan"]
CMD ["serve"]
