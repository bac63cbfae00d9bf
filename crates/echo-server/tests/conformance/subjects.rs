//! The models as subjects of the suite.

use std::sync::Arc;

use conformance::{Case, Subject};
use echo_server::{MODELS, Model, ROOMS, RoomModel};

use crate::serve::ThisBinary;

/// All models, each with its subject.
pub fn all() -> impl Iterator<Item = (&'static dyn Model, Subject)> {
    MODELS.iter().map(|model| (*model, of(*model)))
}

/// A model, whose server is this binary, started again.
pub fn of(model: &dyn Model) -> Subject {
    Subject::model(model.about(), Arc::new(ThisBinary))
}

/// All chat servers, each with its subject.
pub fn rooms() -> impl Iterator<Item = (&'static dyn RoomModel, Subject)> {
    ROOMS.iter().map(|room| {
        let subject = Subject::room(room.about(), Arc::new(ThisBinary));
        (*room, subject)
    })
}

/// Why this machine cannot run the model; `None` if it can.
pub fn unsupported(model: &dyn Model) -> Option<String> {
    model.supported().err().map(|reason| reason.0)
}

/// Why this test leaves a case out; `None` if it does not.
pub fn left_out(case: &Case) -> Option<String> {
    let reason = "it needs the machine for itself; run `echolab check MODEL`";
    case.alone.then(|| reason.to_owned())
}
