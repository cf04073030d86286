//! Real traffic: servers that say who they are, clients that write down what became of them.

mod echo;
mod hung;
mod load;
mod mail;
mod odd;
mod ping;
mod repeat;
mod server;

pub use echo::{Echoes, Health};
pub use hung::{Held, Hung};
pub use load::{Load, Request, request};
pub use mail::{Dialogue, MailSink};
pub use odd::{Odd, serve_oddly};
pub use ping::Pings;
pub use server::{Kind, Server};
