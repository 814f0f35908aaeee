//! Small pictures: PNG with a palette of the most frequent colours.

use std::cmp::Reverse;
use std::collections::HashMap;

use anyhow::{Context, Result};
use image::{Rgb, RgbImage};

/// The maximum number of colours in a palette.
const COLOURS: usize = 256;

/// A picture of few colours.
pub(crate) struct PalettePicture {
    width: u32,
    height: u32,
    palette: Vec<[u8; 3]>,
    /// The place of each pixel's colour in the palette, row by row.
    pixels: Vec<u8>,
}

impl PalettePicture {
    /// Reduces a picture. Rare colours, as at the edges of letters, become the nearest frequent one.
    pub(crate) fn new(picture: &RgbImage) -> Self {
        let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
        for Rgb(colour) in picture.pixels() {
            *counts.entry(*colour).or_default() += 1;
        }
        let mut palette: Vec<[u8; 3]> = counts.keys().copied().collect();
        // The colour itself decides between equal counts: the same picture has the same bytes.
        palette.sort_by_key(|colour| (Reverse(counts.get(colour).copied()), *colour));
        palette.truncate(COLOURS);
        let nearest: HashMap<[u8; 3], u8> =
            counts.into_keys().map(|colour| (colour, nearest(&palette, colour))).collect();
        let pixels = picture.pixels().map(|Rgb(colour)| nearest.get(colour).copied().unwrap_or(0));
        let pixels = pixels.collect();
        Self { width: picture.width(), height: picture.height(), palette, pixels }
    }

    pub(crate) fn to_rgb(&self) -> Result<RgbImage> {
        let colours = self.pixels.iter().filter_map(|index| self.palette.get(usize::from(*index)));
        let bytes = colours.flatten().copied().collect();
        RgbImage::from_raw(self.width, self.height, bytes).context("a picture lacks pixels")
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(self.palette.concat());
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::NoFilter);
        encoder.write_header()?.write_image_data(&self.pixels)?;
        Ok(bytes)
    }
}

fn nearest(palette: &[[u8; 3]], colour: [u8; 3]) -> u8 {
    let distance = |other: &[u8; 3]| -> u32 {
        other.iter().zip(colour).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let closest = (0..=u8::MAX).zip(palette).min_by_key(|(_, other)| distance(other));
    closest.map_or(0, |(index, _)| index)
}
