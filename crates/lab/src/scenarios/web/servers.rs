//! The servers of the variants, each on a port of its own.

use super::{FIRST, Kind, Variant};
use crate::error::{Doing as _, Error, Result};
use crate::net::Host;
use crate::scenario::Ctx;
use crate::shell::wait;
use crate::traffic::serve_oddly;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

/// Processes; killed when this is dropped.
#[derive(Debug)]
pub(super) struct Servers(Vec<Child>);

impl Servers {
    /// Starts them all, and waits until each can be asked.
    ///
    /// # Errors
    /// If one does not start.
    pub(super) fn start(ctx: &Ctx, host: &Host, variants: &[&Variant]) -> Result<Self> {
        let mut servers = Self(Vec::new());
        let mut blocks = String::new();
        let tls = ctx.data.join("tls");
        for (port, variant) in (FIRST..).zip(variants) {
            match variant.server {
                Kind::Odd(odd) => serve_oddly(host, port, odd)?,
                Kind::OpenSsl(arguments) => {
                    let mut command = host.command("openssl");
                    command.current_dir(&tls).args(["s_server", "-quiet"]);
                    command.args(["-accept", &port.to_string()]);
                    command.args(arguments.split(' ').filter(|word| !word.is_empty()));
                    servers.spawn(command, variant.name)?;
                }
                Kind::Nginx { listen, lines } => {
                    blocks.push_str(&format!("server {{ listen {port} {listen}; {lines} }}\n"));
                }
            }
        }
        let file = nginx(ctx, &blocks, &tls)?;
        let mut command = host.command("/usr/sbin/nginx");
        command.arg("-c").arg(&file);
        servers.spawn(command, "nginx")?;
        for (port, variant) in (FIRST..).zip(variants) {
            let ask = || {
                let target = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
                host.within(|| TcpStream::connect_timeout(&target, Duration::from_secs(1)).is_ok())
            };
            // one connection each: s_server serves one after the other
            wait(variant.name, Duration::from_secs(8), || {
                ask().unwrap_or(false)
            })?;
        }
        Ok(servers)
    }

    fn spawn(&mut self, mut command: std::process::Command, name: &str) -> Result<()> {
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.0.push(command.spawn().doing(format!("start {name}"))?);
        Ok(())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _gone = child.kill();
            let _its_status = child.wait();
        }
    }
}

/// nginx's configuration, with everything it writes in the run's directory.
fn nginx(ctx: &Ctx, blocks: &str, tls: &std::path::Path) -> Result<PathBuf> {
    let directory = ctx.path("nginx");
    fs::create_dir_all(&directory).doing(format!("make {}", directory.display()))?;
    let (at, tls) = (directory.display(), tls.display());
    let page = "x".repeat(3000);
    fs::write(directory.join("page.html"), page).doing("write a page")?;
    let text = format!(
        "daemon off; master_process off; pid {at}/pid; error_log /dev/null;\n\
         events {{}}\n\
         http {{ access_log off; keepalive_timeout 30; ssl_certificate {tls}/good.pem; \
         ssl_certificate_key {tls}/rsa.key; root {at};\n\
         client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f; \
         uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n{blocks}}}\n"
    );
    let file = directory.join("nginx.conf");
    fs::write(&file, text).doing(format!("write {}", file.display()))?;
    match file.exists() {
        true => Ok(file),
        false => Err(Error::Failed("nginx's configuration is gone".into())),
    }
}
