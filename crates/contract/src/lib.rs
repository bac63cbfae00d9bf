//! What the processes of EchoLab say to each other, line by line on standard output.
//!
//! ```text
//! harness ── starts ──► server      ready ADDRESS            first line, after listen(2)
//!         ◄── lines ───             stats {json}             last line, after SIGTERM; exit code 0
//!
//! harness ── starts ──► generator   answered REQUESTS NS     in the warm-up, and once when the window has ended
//!         ◄── lines ───             measuring                when the measured window begins
//!                                   measured                 when it has ended; clients stay until stdin closes
//!                                   {json}                   the outcome
//!
//! generator ─ starts ─► its parts   connected · measuring · reading {json} · outcome {json}
//!           ◄─ lines ──
//!           ── stdin ─►             8 bytes: the moment to begin
//! ```
//!
//! Each file holds one of the three protocols, with both of its ends. Text that a person may read stays readable: anyone
//! can start the same processes by hand.

pub mod clock;
pub mod generator;
pub mod part;
pub mod server;
pub mod slices;
