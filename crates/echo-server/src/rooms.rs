//! The list of chat servers, from the simplest to the most demanding.

use model::RoomModel;

use crate::registry::{MODELS, UnknownModel, nearest};

/// The name of the protocol that chat servers speak, and no model.
pub const CHAT: &str = "chat";

/// All chat servers. To add one, write its crate, and add one line here and one line to this package's `Cargo.toml`.
pub const ROOMS: &[&dyn RoomModel] = &[
    &room_threads_lock::RoomThreadsLock,
    &room_actors::RoomActors,
    &room_epoll::RoomEpoll,
    #[cfg(feature = "tokio")]
    &room_tokio::RoomTokio,
];

/// The chat server with this name; `None` if a model may have it.
///
/// # Errors
/// Neither a model nor a chat server has this name; the error suggests the most similar one.
pub fn find_room(name: &str) -> Result<Option<&'static dyn RoomModel>, UnknownModel> {
    let named = ROOMS.iter().find(|room| room.about().name == name);
    let models = || MODELS.iter().map(|model| model.about().name);
    if named.is_some() || models().any(|model| model == name) {
        return Ok(named.copied());
    }
    let rooms = ROOMS.iter().map(|room| room.about().name);
    Err(UnknownModel {
        name: name.into(),
        nearest: nearest(name, models().chain(rooms)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_a_chat_server_or_of_a_model() {
        for room in ROOMS {
            let name = room.about().name;
            let found = find_room(name).map(|room| room.map(|room| room.about().name));
            assert_eq!(found, Ok(Some(name)));
            assert!(name.starts_with("room-"), "{name}");
        }
        for model in MODELS {
            assert!(find_room(model.about().name).is_ok_and(|room| room.is_none()));
        }
    }

    #[test]
    fn the_error_for_an_unknown_name_suggests_a_chat_server_too() {
        let error = find_room("room-epol").err().expect("nothing has this name");
        assert_eq!(error.nearest, Some("room-epoll"));
    }
}
