//! The app's command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::Parser;

/// Mend: see it, report it, know that it is mended.
#[derive(Debug, Clone, PartialEq, Eq, Parser)]
#[command(name = "mend", version)]
pub struct Options {
    /// Where this installation keeps its data [default: this platform's data folder]. One process
    /// at a time may use it.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The city's server, http://… or https://…; with it no backend starts inside the app.
    #[arg(long, value_name = "URL", conflicts_with_all = ["city", "listen", "history"])]
    pub server: Option<String>,

    /// A city's folder, for the backend inside the app.
    #[arg(long, value_name = "DIR")]
    pub city: Option<PathBuf>,

    /// Where the backend inside the app listens [default: a free port of loopback].
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,

    /// Invent so many requests of the three years before the first start, for demonstrations; only
    /// while the backend inside the app listens on loopback.
    #[arg(long, value_name = "N")]
    pub history: Option<u32>,
}

impl Options {
    /// The data folder: as given, or `mend` in the platform's. None: the platform names none.
    pub fn data_folder(&self) -> Option<PathBuf> {
        self.data.clone().or_else(|| dirs::data_dir().map(|folder| folder.join("mend")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(args: &[&str]) -> Result<Options, clap::error::ErrorKind> {
        let args = [&["mend"], args].concat();
        Options::try_parse_from(args).map_err(|error| error.kind())
    }

    #[test]
    fn a_server_or_a_city_but_not_both() {
        use clap::error::ErrorKind::ArgumentConflict;
        assert!(parse(&["--server", "http://127.0.0.1:1"]).is_ok());
        assert!(parse(&["--city", "here", "--listen", "127.0.0.1:0"]).is_ok());
        assert!(parse(&["--city", "here", "--history", "20000"]).is_ok());
        assert_eq!(parse(&["--server", "x", "--city", "y"]), Err(ArgumentConflict));
        assert_eq!(parse(&["--server", "x", "--listen", "127.0.0.1:0"]), Err(ArgumentConflict));
        assert_eq!(parse(&["--server", "x", "--history", "5"]), Err(ArgumentConflict));
    }

    #[test]
    fn the_given_folder_comes_first() {
        let options = parse(&["--data", "there", "--city", "here"]).unwrap();
        assert_eq!(options.data_folder(), Some("there".into()));
    }
}
