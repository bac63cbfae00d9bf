//! What a server speaks: a protocol of the echo servers, or the one of the chat servers.

use std::str::FromStr;

use echo_protocol::Protocol;
use echo_server::{CHAT, ServeError};

/// What the user asks a server to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A protocol of the echo servers.
    Echo(Protocol),
    /// The protocol of the chat servers.
    Chat,
}

impl FromStr for Language {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match (name, name.parse()) {
            (_, Ok(protocol)) => Ok(Self::Echo(protocol)),
            (CHAT, Err(_)) => Ok(Self::Chat),
            (_, Err(error)) => Err(format!(
                "{error}, or `{CHAT}` for a chat server of `echolab list --rooms`"
            )),
        }
    }
}

impl Language {
    /// The protocol of an echo server that gets this option.
    ///
    /// # Errors
    /// Only chat servers speak it.
    pub fn of_model(asked: Option<Self>, model: &'static str) -> Result<Protocol, ServeError> {
        match asked {
            None => Ok(Protocol::default()),
            Some(Self::Echo(protocol)) => Ok(protocol),
            Some(Self::Chat) => Err(ServeError::NoRooms { model }),
        }
    }

    /// Checks that a chat server can get this option. The lines of `chat` are for people too, so `line` is another name for it.
    ///
    /// # Errors
    /// Only echo servers speak it.
    pub fn check_for_rooms(asked: Option<Self>, model: &'static str) -> Result<(), ServeError> {
        match asked {
            None | Some(Self::Chat | Self::Echo(Protocol::Line)) => Ok(()),
            Some(Self::Echo(protocol)) => Err(ServeError::OnlyRooms { model, protocol }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(name: &str) -> Language {
        name.parse().expect("it is a protocol")
    }

    #[test]
    fn a_chat_server_speaks_chat_by_both_names_and_nothing_else() {
        for asked in [None, Some(language("chat")), Some(language("line"))] {
            assert!(Language::check_for_rooms(asked, "room").is_ok());
        }
        let error = Language::check_for_rooms(Some(language("framed")), "room").unwrap_err();
        assert!(error.to_string().ends_with("remove --protocol"), "{error}");
    }

    #[test]
    fn an_echo_server_has_no_rooms() {
        assert_eq!(Language::of_model(None, "m").unwrap(), Protocol::Echo);
        let framed = Language::of_model(Some(language("framed")), "m").unwrap();
        assert_eq!(framed, Protocol::Framed);
        let error = Language::of_model(Some(language("chat")), "m").unwrap_err();
        assert!(
            error.to_string().ends_with("`echolab list --rooms`"),
            "{error}"
        );
    }

    #[test]
    fn the_error_for_an_unknown_protocol_names_all() {
        let error = "gopher".parse::<Language>().unwrap_err();
        assert!(
            ["echo", "framed", "http", "line", "chat"]
                .iter()
                .all(|name| error.contains(name)),
            "{error}"
        );
    }
}
