//! The other end of the socket: what the `holdfast` command asks.

use crate::OrderRequest;
use crate::patience::CONNECTION;
use crate::report::{Connections, Ordered, Status, Trouble, Why};
use holdfast_supervise::control_socket;
use reqwest::{RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;
use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error(
        "no Holdfast daemon runs here: nobody answers at {path} ({source}){}",
        elsewhere(others)
    )]
    NoDaemon {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
        /// Run directories beside it that have a socket.
        others: Vec<PathBuf>,
    },
    /// It may not be asked.
    #[error("{path}: {source}: only root may ask the daemon (try sudo)")]
    Permission {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The daemon says no; in its words.
    #[error("{0}")]
    Refused(String),
    /// Something went wrong on the way.
    #[error("the daemon at {path} could not be asked: {words}")]
    Broken {
        /// The socket.
        path: PathBuf,
        /// What.
        words: String,
    },
}

fn elsewhere(others: &[PathBuf]) -> String {
    if others.is_empty() {
        return "; --run-dir names another run directory".to_owned();
    }
    let list: Vec<String> = others
        .iter()
        .map(|path| format!("--run-dir {}", path.display()))
        .collect();
    format!("; others do: {}", list.join(", "))
}

/// Asks the daemon of one run directory.
#[derive(Debug)]
pub struct Client {
    run_dir: PathBuf,
    path: PathBuf,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Client {
    /// Connects with the first question.
    ///
    /// # Errors
    /// When the system has no room.
    pub fn new(run_dir: &Path) -> Result<Self, ClientError> {
        let path = control_socket(run_dir);
        let broken = |words: String| ClientError::Broken {
            path: path.clone(),
            words,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| broken(error.to_string()))?;
        let http = reqwest::Client::builder()
            .unix_socket(path.clone())
            .no_proxy()
            .timeout(CONNECTION)
            .build()
            .map_err(|error| broken(error.to_string()))?;
        Ok(Self {
            run_dir: run_dir.to_owned(),
            path,
            http,
            runtime,
        })
    }

    /// How is everything?
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn status(&self) -> Result<Status, ClientError> {
        self.ask(&["status"])
    }

    /// Why is an instance in its state?
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn why(&self, instance: &str) -> Result<Why, ClientError> {
        self.ask(&["instances", instance, "why"])
    }

    /// Orders something of a real server.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn order(&self, order: &OrderRequest) -> Result<Ordered, ClientError> {
        let url = self.url(&["orders"])?;
        self.send(self.http.post(url).json(order))
    }

    /// How many connections has a real server?
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn connections(&self, server: &str, real: &str) -> Result<Connections, ClientError> {
        self.ask(&["servers", server, real, "connections"])
    }

    fn ask<T: DeserializeOwned>(&self, words: &[&str]) -> Result<T, ClientError> {
        let url = self.url(words)?;
        self.send(self.http.get(url))
    }

    fn url(&self, words: &[&str]) -> Result<Url, ClientError> {
        // the host's name says nothing: there is one behind the socket
        let mut url = Url::parse("http://holdfast/v1").map_err(|e| self.broken(e.to_string()))?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.extend(words);
        }
        Ok(url)
    }

    fn send<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, ClientError> {
        self.runtime.block_on(async {
            let sent = request.send().await;
            let response = sent.map_err(|error| self.unsent(&error))?;
            self.read(response).await
        })
    }

    async fn read<T: DeserializeOwned>(&self, response: Response) -> Result<T, ClientError> {
        let status = response.status();
        if status.is_success() {
            let read = response.json().await;
            return read.map_err(|error| self.broken(words(&error)));
        }
        match response.json::<Trouble>().await {
            Ok(trouble) => Err(ClientError::Refused(trouble.error)),
            Err(_none_of_ours) => Err(self.broken(format!("it says {status}"))),
        }
    }

    fn broken(&self, words: String) -> ClientError {
        ClientError::Broken {
            path: self.path.clone(),
            words,
        }
    }

    /// The connection failed: what the system says is deep inside.
    fn unsent(&self, error: &reqwest::Error) -> ClientError {
        let path = self.path.clone();
        let system = causes(error)
            .into_iter()
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .find_map(io::Error::raw_os_error)
            .map(io::Error::from_raw_os_error);
        match system {
            Some(source) if source.kind() == io::ErrorKind::PermissionDenied => {
                ClientError::Permission { path, source }
            }
            Some(source)
                if matches!(
                    source.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
                ) =>
            {
                let others = others(&self.run_dir);
                ClientError::NoDaemon {
                    path,
                    source,
                    others,
                }
            }
            Some(source) => self.broken(source.to_string()),
            None => self.broken(words(error)),
        }
    }
}

/// An error with its causes.
fn words(error: &reqwest::Error) -> String {
    let causes = causes(error).into_iter();
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// What is behind an error, and behind that.
fn causes(error: &reqwest::Error) -> Vec<&(dyn std::error::Error + 'static)> {
    let mut all = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        all.push(cause);
        next = cause.source();
    }
    all
}

/// Daemons of this run directory that are one of several (`net_namespace`, `instance`).
fn others(run_dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(run_dir).into_iter().flatten().flatten();
    let folders = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir());
    let mut found: Vec<PathBuf> = folders
        .flat_map(|folder| {
            let deeper = others(&folder);
            let here = control_socket(&folder).exists().then_some(folder);
            here.into_iter().chain(deeper)
        })
        .take(8)
        .collect();
    found.sort();
    found
}
