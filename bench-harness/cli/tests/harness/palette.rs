//! The colours of the figures: visible on the paper, and different for colour-blind readers.
//!
//! Sources: W3C, "Web Content Accessibility Guidelines 2.2" (contrast); G. M. Machado and others, "A physiologically-based
//! model for simulation of color vision deficiency", 2009 (matrices of full protanopia and deuteranopia); B. Ottosson,
//! "A perceptual color space for image processing", 2020 (Oklab, in which equal distances look equal).

use std::fs;
use std::path::Path;

type Colour = [f64; 3];

/// Linear RGB as seen by readers with all cones, without red cones, and without green cones.
const EYES: [[[f64; 3]; 3]; 3] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ],
];
const TO_CONES: [[f64; 3]; 3] = [
    [0.412_221_5, 0.536_332_5, 0.051_446],
    [0.211_903_5, 0.680_699_5, 0.107_397],
    [0.088_302_5, 0.281_718_8, 0.629_978_7],
];
const TO_LAB: [[f64; 3]; 3] = [
    [0.210_454_3, 0.793_617_8, -0.004_072],
    [1.977_998_5, -2.428_592_2, 0.450_593_7],
    [0.025_904, 0.782_771_8, -0.808_675_8],
];

/// The style of one scheme: light or dark.
struct Scheme(String);

fn schemes() -> [Scheme; 2] {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../report/src/svg/figure.css");
    let text = fs::read_to_string(path).unwrap();
    let (light, rest) = text.split_once("@media").expect("it has a dark scheme");
    let (dark, _) = rest.split_once("\n}").expect("it ends");
    [light, dark].map(|scheme| Scheme(scheme.to_owned()))
}

impl Scheme {
    /// The first colour after this text, as linear RGB.
    fn after(&self, text: &str) -> Colour {
        let (_, rest) = self
            .0
            .split_once(text)
            .unwrap_or_else(|| panic!("no `{text}`"));
        let (_, rest) = rest.split_once('#').expect("a colour");
        let short = &rest[..rest.find(';').expect("it ends")];
        let digits: String = if short.len() == 3 {
            short.chars().flat_map(|digit| [digit, digit]).collect()
        } else {
            short.to_owned()
        };
        let part =
            |at: usize| f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0;
        let linear = |part: f64| {
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        [0, 2, 4].map(|at| linear(part(at)))
    }

    fn tones(&self, family: usize) -> [Colour; 4] {
        [0, 1, 2, 3].map(|tone| self.after(&format!(".c{family}{tone} {{")))
    }
}

fn times(matrix: [[f64; 3]; 3], colour: Colour) -> Colour {
    matrix.map(|row| {
        row.iter()
            .zip(colour)
            .map(|(factor, part)| factor * part)
            .sum()
    })
}

fn contrast(a: Colour, b: Colour) -> f64 {
    let luminance = |[r, g, b]: Colour| 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    let (a, b) = (luminance(a), luminance(b));
    a.max(b) / a.min(b)
}

/// The distance of two colours in Oklab, for the readers to whom it is smallest.
fn distance(a: Colour, b: Colour) -> f64 {
    let lab = |colour| times(TO_LAB, times(TO_CONES, colour).map(f64::cbrt));
    let to = |eye| {
        let (a, b) = (lab(times(eye, a)), lab(times(eye, b)));
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).powi(2))
            .sum::<f64>()
            .sqrt()
    };
    EYES.map(to).into_iter().fold(f64::INFINITY, f64::min)
}

/// The least distance between any two of these colours.
fn least(colours: &[Colour]) -> f64 {
    let pairs = (0..colours.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs
        .map(|(i, j)| distance(colours[i], colours[j]))
        .fold(f64::INFINITY, f64::min)
}

#[test]
fn every_colour_is_visible_on_the_paper() {
    for scheme in schemes() {
        let paper = scheme.after("--paper:");
        for family in 0..6 {
            for (tone, colour) in scheme.tones(family).into_iter().enumerate() {
                let contrast = contrast(colour, paper);
                assert!(contrast >= 3.0, "c{family}{tone}: {contrast:.2}");
            }
        }
        for text in ["--ink:", "--muted:", "--accent:"] {
            for behind in ["--paper:", "--zone:"] {
                let contrast = contrast(scheme.after(text), scheme.after(behind));
                assert!(contrast >= 4.5, "{text} on {behind} {contrast:.2}");
            }
        }
    }
}

#[test]
fn families_and_their_members_differ_for_colour_blind_readers() {
    for scheme in schemes() {
        let families = [0, 1, 2, 3, 4].map(|family| scheme.tones(family)[0]);
        assert!(least(&families) > 0.09, "families: {:.3}", least(&families));
        for family in 0..6 {
            let members = least(&scheme.tones(family));
            assert!(members > 0.07, "family {family}: {members:.3}");
        }
    }
}
