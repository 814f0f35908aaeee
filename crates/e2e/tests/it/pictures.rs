//! The page of components beside its pictures in `crates/e2e/pictures`, whose page tells how they are made again.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::RgbImage;
use image::imageops::crop_imm;
use image_compare::{Algorithm, rgb_similarity_structure};
use serde_json::json;

use crate::appearance::set_language_and_theme;
use crate::support::axe;
use crate::support::browser::Browser;
use crate::support::browser_test::BrowserTest;
use crate::support::device::{Device, Lang};
use crate::support::palette_png::PalettePicture;
use crate::support::repository_path;

/// The side of the squares that are compared, in pixels. A changed button is most of a square, and little of a page.
const SQUARE: u32 = 32;
/// The minimum similarity of a square, from 0 to 1: the root mean square of each channel's differences. Neighbouring
/// surfaces of the dark theme, 14 of 255 apart, have 0.945.
const MIN_SIMILARITY: f64 = 0.96;
/// The maximum size of a picture in the repository, in bytes.
const MAX_BYTES: usize = 100 * 1024;

const FOLDER: &str = "crates/e2e/pictures";
/// Makes the pictures again instead of comparing them.
const WRITE: &str = "MADANG_WRITE_PICTURES";

#[tokio::test]
async fn the_components_look_as_in_their_pictures() -> Result<()> {
    BrowserTest::run("pictures", async |test| {
        let desktop = test.chat_page("지우", Device::desktop(Lang::Ko)).await?.browser.clone();
        if !has_chromium_of_pictures(&desktop).await? {
            return Ok(());
        }
        let phone = test.chat_page("하늘", Device::phone(Lang::Ko)).await?.browser.clone();
        let mut differences = Vec::new();
        for (browser, device, lang, theme) in [
            (&desktop, "desktop", Lang::Ko, "light"),
            (&desktop, "desktop", Lang::En, "dark"),
            (&phone, "phone", Lang::Ko, "dark"),
            (&phone, "phone", Lang::En, "light"),
        ] {
            let name = format!("components-{device}-{}-{theme}", lang.code());
            set_language_and_theme(browser, lang, theme).await?;
            browser.goto(&test.server.url("/lab/components")).await?;
            browser.find("components").await?;
            axe::check(browser, &name).await?;
            let width = if device == "phone" { 390 } else { 1280 };
            let picture = picture_of_components(browser, width).await?;
            differences.extend(difference(&name, &picture)?);
        }
        ensure!(
            differences.is_empty(),
            "{}\nThe present pictures are in ./screenshots. If they are right, run `just pictures`.",
            differences.join("\n")
        );
        Ok(())
    })
    .await
}

/// Whether this browser draws as the one of the pictures: each major version of Chromium draws a little differently.
#[expect(clippy::print_stdout, reason = "a test that compares nothing says so")]
async fn has_chromium_of_pictures(browser: &Browser) -> Result<bool> {
    let version = browser.devtools("Browser.getVersion", json!({})).await?;
    let product = version.get("product").and_then(|it| it.as_str()).context("no product")?;
    let major = product.rsplit('/').next().and_then(|it| it.split('.').next());
    let major = major.with_context(|| format!("no version in {product}"))?;
    let file = path_of("chromium.txt");
    if writes() {
        std::fs::write(&file, format!("{major}\n"))?;
        return Ok(true);
    }
    let expected = std::fs::read_to_string(&file).context("run `just pictures`")?;
    if expected.trim() != major {
        println!("the pictures are of Chromium {}, not {major}: not compared", expected.trim());
    }
    Ok(expected.trim() == major)
}

/// The whole page of components without the frame around it, in the font of the test and without motion.
async fn picture_of_components(browser: &Browser, width: u32) -> Result<RgbImage> {
    let font = STANDARD.encode(std::fs::read(path_of("test-font.woff2"))?);
    // The page's policy forbids fonts and styles of other origins, but not those that a script makes of bytes.
    let script = "const [font, done] = arguments; \
        const bytes = Uint8Array.from(atob(font), (it) => it.charCodeAt(0)); \
        const face = new FontFace('Madang Test', bytes, { weight: '400 600' }); \
        const sheet = new CSSStyleSheet(); \
        sheet.replaceSync('*, ::before, ::after { font-family: \"Madang Test\" !important; animation: none !important; transition: none !important; scrollbar-width: none !important; }'); \
        document.adoptedStyleSheets = [sheet]; \
        document.fonts.add(face); \
        document.activeElement?.blur(); \
        face.load().then(() => done(document.querySelector('[data-testid=components]').offsetHeight))";
    browser.eval_async::<u32>(script, [font.into()]).await?;
    let size = |height: u32| json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 720 });
    // High enough for the page and the frame above it, so that nothing scrolls.
    browser.devtools("Emulation.setDeviceMetricsOverride", size(6000)).await?;
    let script = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => { \
        const { x, y, width, height } = document.querySelector('[data-testid=components]').getBoundingClientRect(); \
        done([x, y, width, height].map(Math.round)); }))";
    let [x, y, width, height] = browser.eval_async::<[u32; 4]>(script, []).await?;
    let clip = json!({ "x": x, "y": y, "width": width, "height": height, "scale": 1 });
    let shot = browser.devtools("Page.captureScreenshot", json!({ "clip": clip })).await?;
    let png = shot.get("data").and_then(|it| it.as_str()).context("no screenshot")?;
    Ok(image::load_from_memory(&STANDARD.decode(png)?)?.into_rgb8())
}

/// Compares a picture with that of the repository, or replaces it; returns the difference, if there is one.
fn difference(name: &str, picture: &RgbImage) -> Result<Option<String>> {
    let path = path_of(&format!("{name}.png"));
    // The stored picture has a palette, so the present one gets its own before it is compared.
    let picture = PalettePicture::new(picture);
    if writes() {
        let png = picture.encode()?;
        ensure!(png.len() <= MAX_BYTES, "{name}: {} bytes are too many", png.len());
        std::fs::write(path, png)?;
        return Ok(None);
    }
    let expected = image::open(&path).with_context(|| format!("no {name}: run `just pictures`"))?;
    let worst = least_similar_square(&expected.into_rgb8(), &picture.to_rgb()?)?;
    if worst.is_some() {
        let folder = repository_path("screenshots");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{name}.png")), picture.encode()?)?;
    }
    Ok(worst.map(|place| format!("{name}: {place}")))
}

/// The place of the least similar square, unless all are similar enough.
fn least_similar_square(expected: &RgbImage, picture: &RgbImage) -> Result<Option<String>> {
    if expected.dimensions() != picture.dimensions() {
        let [before, now] = [expected.dimensions(), picture.dimensions()];
        return Ok(Some(format!("the size was {before:?} and is {now:?}")));
    }
    let (width, height) = picture.dimensions();
    let mut worst: Option<(f64, u32, u32)> = None;
    for y in (0..height).step_by(SQUARE as usize) {
        for x in (0..width).step_by(SQUARE as usize) {
            let side = |start, end: u32| SQUARE.min(end - start);
            let cut =
                |of: &RgbImage| crop_imm(of, x, y, side(x, width), side(y, height)).to_image();
            let score = rgb_similarity_structure(
                &Algorithm::RootMeanSquared,
                &cut(expected),
                &cut(picture),
            )?
            .score;
            if worst.is_none_or(|(least, ..)| score < least) {
                worst = Some((score, x, y));
            }
        }
    }
    let Some((score, x, y)) = worst else { bail!("an empty picture") };
    let place = format!("the square at {x},{y} has a similarity of {score:.3}");
    Ok((score < MIN_SIMILARITY).then_some(place))
}

fn writes() -> bool {
    std::env::var_os(WRITE).is_some()
}

fn path_of(name: &str) -> PathBuf {
    repository_path(FOLDER).join(name)
}

#[test]
fn one_button_in_another_colour_is_a_difference() {
    let page = RgbImage::from_pixel(400, 300, image::Rgb([0x2a, 0x2f, 0x2d]));
    let mut other = page.clone();
    for (x, y) in (20..100).flat_map(|x| (20..60).map(move |y| (x, y))) {
        other.put_pixel(x, y, image::Rgb([0x38, 0x3e, 0x3b]));
    }
    assert_eq!(least_similar_square(&page, &page).unwrap(), None);
    assert!(least_similar_square(&page, &other).unwrap().is_some());
    let larger = RgbImage::new(400, 301);
    assert!(least_similar_square(&page, &larger).unwrap().is_some());
}
