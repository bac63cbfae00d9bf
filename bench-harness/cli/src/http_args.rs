//! The options that say what clients of HTTP ask for.

use clap::Args;
use loadgen::Http;

/// What clients of HTTP ask for.
#[derive(Args, Clone, Debug, Default)]
pub struct HttpArgs {
    /// Path of each request; needs --protocol http [default: /{bytes}]
    ///
    /// `{bytes}` becomes the size given with --payload, and the body of the reply must have as many bytes. Our models answer such
    /// paths; for another server, name a file by its size, or give any path.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Field `Host` of each request; needs --protocol http [default: the address]
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Expected status, 200 to 599; needs --protocol http [default: 200]
    #[arg(long, value_name = "CODE")]
    status: Option<u16>,
}

impl HttpArgs {
    /// These options in place of those in a load file.
    pub fn over(&self, http: &Http) -> Http {
        Http {
            path: self.path.clone().unwrap_or_else(|| http.path.clone()),
            host: self.host.clone().or_else(|| http.host.clone()),
            status: self.status.unwrap_or(http.status),
        }
    }

    /// True if none of these options was given.
    pub const fn is_empty(&self) -> bool {
        self.path.is_none() && self.host.is_none() && self.status.is_none()
    }
}
