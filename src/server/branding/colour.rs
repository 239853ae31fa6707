//! The operator's one colour, made into what the screens need of it by day and by night, at a contrast that can be read (WCAG 2.2, 1.4.3).

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// The least contrast of text (WCAG 2.2, 1.4.3, level AA).
const READABLE: f64 = 4.5;
const BLACK: Colour = Colour([0, 0, 0]);
const WHITE: Colour = Colour([255, 255, 255]);
/// The grounds on which the accent stands as text, as `style/tokens.css` has them: of each theme the one that it stands out from least.
const LIGHT_PAPER: Colour = Colour([0xf4, 0xf3, 0xef]);
const LIGHT_CARD: Colour = WHITE;
const DARK_CARD: Colour = Colour([0x1b, 0x22, 0x20]);
/// What stands on the accent by night.
const DARK_INK: Colour = Colour([0x0c, 0x1f, 0x1c]);

impl Colour {
    /// Parses `#rrggbb` or `#rgb`, as style sheets have it; in a `.env` file `#` begins a comment, so that it may be left out.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let digits: Vec<u8> = digits
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        match *digits.as_slice() {
            [r, g, b] => Some(Self([r, g, b].map(|digit| digit * 17))),
            [r, s, g, h, b, c] => Some(Self([r * 16 + s, g * 16 + h, b * 16 + c])),
            _ => None,
        }
    }

    /// The style sheet that puts this colour in the place of ours.
    pub fn style_sheet(self) -> String {
        let light = self.until_readable(LIGHT_PAPER, BLACK);
        let dark = self.until_readable(DARK_CARD, WHITE);
        let by_day = tokens(light, light.mixed(BLACK, 25), WHITE, light.mixed(LIGHT_CARD, 90));
        let by_night = tokens(dark, dark.mixed(WHITE, 30), DARK_INK, dark.mixed(DARK_CARD, 85));
        format!(
            ":root{{{by_day}}}\n@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{by_night}}}}}\n\
             :root[data-theme=dark]{{{by_night}}}\n"
        )
    }

    /// This colour, or the nearest to it on the way to `end` that can be read on `ground`.
    fn until_readable(self, ground: Self, end: Self) -> Self {
        let mut shades = (0..=100).map(|percent| self.mixed(end, percent));
        shades.find(|shade| shade.contrast(ground) >= READABLE).unwrap_or(end)
    }

    /// `percent` of `other` in it.
    fn mixed(self, other: Self, percent: u16) -> Self {
        let mut mixed = self.0;
        for (channel, end) in mixed.iter_mut().zip(other.0) {
            let sum = u16::from(*channel) * (100 - percent) + u16::from(end) * percent;
            *channel = u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX);
        }
        Self(mixed)
    }

    /// From 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2, glossary).
    fn luminance(self) -> f64 {
        let linear = self.0.map(|channel| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        let [red, green, blue] = linear;
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

fn tokens(accent: Colour, strong: Colour, ink: Colour, wash: Colour) -> String {
    let [accent, strong, ink, wash] = [accent, strong, ink, wash].map(Colour::hex);
    format!("--accent:{accent};--accent-strong:{strong};--accent-ink:{ink};--accent-wash:{wash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_written_as_in_style_sheets() {
        for (text, colour) in [
            ("#1f5f58", [0x1f, 0x5f, 0x58]),
            ("#fA0", [0xff, 0xaa, 0]),
            ("#FFFFFF", [255; 3]),
            ("1f5f58", [0x1f, 0x5f, 0x58]),
        ] {
            assert_eq!(Colour::parse(text), Some(Colour(colour)), "{text}");
        }
        for text in ["", "#", "red", "##1f5f58", "#12", "#1234", "#12345", "#1234567", "#ggg", "#12 ", "#+12", "#١٢٣"]
        {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn contrast_is_measured_as_wcag_has_it() {
        assert!((WHITE.contrast(BLACK) - 21.0).abs() < 1e-9);
        assert!((WHITE.contrast(WHITE) - 1.0).abs() < 1e-9);
        // The textbook's grey that just passes on white, and the one that just fails.
        assert!(Colour([0x76; 3]).contrast(WHITE) >= 4.5);
        assert!(Colour([0x77; 3]).contrast(WHITE) < 4.5);
    }

    /// A colour of `style/tokens.css`, by day and by night.
    fn token(name: &str) -> [Colour; 2] {
        let line = include_str!("../../../style/tokens.css").split_once(&format!("  {name}: light-dark(")).unwrap().1;
        let (by_day, rest) = line.split_once(", ").unwrap();
        [by_day, rest.split_once(')').unwrap().0].map(|colour| Colour::parse(colour).unwrap())
    }

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        assert_eq!(token("--paper")[0], LIGHT_PAPER);
        assert_eq!(token("--card"), [LIGHT_CARD, DARK_CARD]);
        assert_eq!(token("--accent-ink"), [WHITE, DARK_INK]);
        // The accent stands out from the other grounds more.
        assert!(token("--paper")[1].luminance() < DARK_CARD.luminance());
    }

    /// Every seventeenth value of each channel, both ends among them.
    #[test]
    fn whatever_the_colour_all_that_is_made_of_it_can_be_read() {
        let [by_day, by_night] = token("--ink");
        let steps = || (0..=255u8).step_by(17);
        for colour in steps().flat_map(|r| steps().flat_map(move |g| steps().map(move |b| Colour([r, g, b])))) {
            let light = colour.until_readable(LIGHT_PAPER, BLACK);
            assert!(light.contrast(LIGHT_PAPER) >= READABLE, "{colour:?} as a link by day");
            assert!(light.contrast(LIGHT_CARD) >= READABLE, "{colour:?} as a button by day");
            assert!(light.mixed(BLACK, 25).contrast(WHITE) >= READABLE, "{colour:?} under the mouse by day");
            let dark = colour.until_readable(DARK_CARD, WHITE);
            assert!(dark.contrast(DARK_CARD) >= READABLE, "{colour:?} as a link by night");
            assert!(dark.contrast(DARK_INK) >= READABLE, "{colour:?} as a button by night");
            assert!(dark.mixed(WHITE, 30).contrast(DARK_INK) >= READABLE, "{colour:?} under the mouse by night");
            // A notice: its words and its icon (WCAG 2.2, 1.4.11) on the wash.
            for (accent, wash, ink) in
                [(light, light.mixed(LIGHT_CARD, 90), by_day), (dark, dark.mixed(DARK_CARD, 85), by_night)]
            {
                assert!(ink.contrast(wash) >= READABLE, "{colour:?} as the ground of a notice");
                assert!(accent.contrast(wash) >= 3.0, "{colour:?} as the icon of a notice");
            }
        }
    }

    #[test]
    fn a_colour_that_can_be_read_is_left_as_it_is_and_others_keep_their_hue() {
        let ours = Colour::parse("#1f5f58").unwrap().style_sheet();
        assert!(ours.starts_with(":root{--accent:#1f5f58;"), "{ours}");
        let yellow = Colour::parse("#ffd400").unwrap().until_readable(LIGHT_PAPER, BLACK);
        let [red, green, blue] = yellow.0;
        assert!(red > green && green > blue && blue < 20, "{yellow:?}");
    }
}
