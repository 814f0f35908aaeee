//! Passkeys in the browser. It is in the lazy part of the app.

use std::cell::RefCell;

use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

thread_local! {
    /// Ends the offer of passkeys. A browser has one request for a passkey at a time.
    static OFFER: RefCell<Option<AbortController>> = const { RefCell::new(None) };
}

#[wasm_bindgen]
extern "C" {
    /// Throws in a browser without it.
    #[wasm_bindgen(catch, js_namespace = PublicKeyCredential, js_name = parseCreationOptionsFromJSON)]
    fn creation_options(json: &JsValue) -> Result<JsValue, JsValue>;

    /// Throws in a browser without it.
    #[wasm_bindgen(catch, js_namespace = PublicKeyCredential, js_name = parseRequestOptionsFromJSON)]
    fn request_options(json: &JsValue) -> Result<JsValue, JsValue>;

    /// Throws in a browser without it.
    #[wasm_bindgen(catch, js_namespace = PublicKeyCredential, js_name = isConditionalMediationAvailable)]
    async fn is_conditional_mediation_available() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "credentials"], js_name = create)]
    async fn create_credential(options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "credentials"], js_name = get)]
    async fn get_credential(options: &JsValue) -> Result<JsValue, JsValue>;
}

/// The browser makes no passkey: the person has cancelled, the device has one already, or the browser cannot.
pub(crate) struct NoPasskey;

impl From<JsValue> for NoPasskey {
    fn from(_: JsValue) -> Self {
        Self
    }
}

/// Makes a passkey with the options of the server. Returns the answer for the server.
pub(crate) async fn create(options: &str) -> Result<String, NoPasskey> {
    end_offer();
    let options = public_key(&creation_options(&JSON::parse(options)?)?)?;
    answer(&create_credential(&options).await?)
}

/// Whether the browser can offer passkeys in a field.
pub(crate) async fn can_offer() -> bool {
    is_conditional_mediation_available().await.is_ok_and(|can| can.is_truthy())
}

/// Lets the person choose a passkey, with the options of the server: in a dialog, or as an offer in the field for the name,
/// until another request begins. Returns the answer for the server.
pub(crate) async fn choose(options: &str, as_offer: bool) -> Result<String, NoPasskey> {
    end_offer();
    let options = public_key(&request_options(&JSON::parse(options)?)?)?;
    if as_offer {
        let controller = AbortController::new()?;
        Reflect::set(&options, &"mediation".into(), &"conditional".into())?;
        Reflect::set(&options, &"signal".into(), &controller.signal())?;
        OFFER.with(|offer| offer.replace(Some(controller)));
    }
    answer(&get_credential(&options).await?)
}

fn end_offer() {
    if let Some(controller) = OFFER.with(RefCell::take) {
        controller.abort();
    }
}

fn public_key(options: &JsValue) -> Result<JsValue, NoPasskey> {
    let outer = Object::new();
    Reflect::set(&outer, &"publicKey".into(), options)?;
    Ok(outer.into())
}

fn answer(credential: &JsValue) -> Result<String, NoPasskey> {
    // The browser calls `toJSON`.
    let text = JSON::stringify(credential)?;
    text.as_string().ok_or(NoPasskey)
}
