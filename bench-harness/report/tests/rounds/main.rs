//! The report of a run in rounds, sentence by sentence.

mod choices;
mod made_up;
mod page;
mod terminal;
