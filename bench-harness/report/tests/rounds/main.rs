//! The report of a run in rounds, sentence by sentence.

mod answer;
mod causes;
mod choices;
mod costs;
mod first_screen;
mod handout;
mod made_up;
mod models;
mod page;
mod terminal;
