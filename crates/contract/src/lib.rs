//! What the processes of EchoLab say to each other, line by line on standard output and standard input.
//!
//! ```text
//! harness ── starts ──► server      ready ADDRESS            first line, after listen(2)
//!         ◄── lines ───             stats {json}             last line, after SIGTERM; exit code 0
//!         ◄─ stderr ──              event line               with `--verbose`: what it does, for whom, in which thread
//!
//! harness ── starts ──► generator   answered REQUESTS NS     in the warm-up, and once when the window has ended
//!         ◄── lines ───             measuring                when the measured window begins
//!                                   measured                 when it has ended; clients stay until stdin closes
//!                                   {json}                   the outcome
//!
//! harness ── starts ──► generator   connected                when all its connections are open or have failed
//!         ◄── lines ──  in slices   slice {json}             what a slice measured, when it has ended
//!                                   {json}                   the outcome, after the end of stdin
//!         ── stdin ──►              slice AT SETTLE WINDOW   measure a slice: nanoseconds, AT on the shared clock
//!
//! generator ─ starts ─► its parts   connected · measuring · reading {json} · outcome {json}
//!           ◄─ lines ──
//!           ── stdin ─►             8 bytes: the moment to begin
//! ```
//!
//! Each file holds one of the protocols, with both of its ends; `slices` holds the orders for slices. Text that a person may read stays readable: anyone
//! can start the same processes by hand.

pub mod clock;
pub mod event;
pub mod generator;
pub mod part;
pub mod server;
pub mod slices;
