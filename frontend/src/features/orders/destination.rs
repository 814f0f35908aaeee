//! The place to which an order is brought: its choice, which the browser remembers, and its words.

use leptos::prelude::*;
use madang_shared::orders::{
    Destination, MAX_ADDRESS_CHARS, MAX_PHONE_CHARS, MAX_TABLE_NUMBER, Order,
};
use madang_shared::validate;

use crate::browser;
use crate::i18n::{Lang, Words, isolated};
use crate::ui::erased::events;
use crate::ui::erased::reactive::{derived, flag, when};
use crate::ui::erased::signal::{State, state};

const WHERE: Words = Words::new("어디로 가져다드릴까요?", "Where to?");
const AT_TABLE: Words = Words::new("테이블", "At a table");
const DELIVERY: Words = Words::new("배달", "Delivery");
const TABLE: Words = Words::new("테이블 번호", "Table number");
const ADDRESS: Words = Words::new("주소", "Address");
const PHONE: Words = Words::new("전화번호", "Phone number");
const TABLE_ERROR: Words =
    Words::new("1부터 999까지의 테이블 번호를 적어 주세요.", "Enter a table number from 1 to 999.");
const ADDRESS_ERROR: Words =
    Words::new("배달받을 주소를 적어 주세요.", "Enter the address to deliver to.");
const PHONE_ERROR: Words = Words::new(
    "라이더가 걸 수 있는 전화번호를 숫자로 적어 주세요.",
    "Enter a phone number, in digits, that the rider can call.",
);
const VISIBLE: Words = Words::new(
    "매장과 라이더 화면에 보입니다. 지금은 이 서버의 누구나 그 화면을 열 수 있습니다.",
    "Restaurant and rider see it. For now, everybody on this server can open their panels.",
);

/// The destination of the last order, in this browser: kind, table, address and phone, a line each.
const KEY: &str = "madang.orders.destination";
const TABLE_KIND: &str = "table";
const DELIVERY_KIND: &str = "delivery";

const TABLE_ID: &str = "order-table";
const ADDRESS_ID: &str = "order-address";
const PHONE_ID: &str = "order-phone";

/// The fields of the choice.
#[derive(Clone, Copy)]
pub(super) struct DestinationField {
    is_table: State<bool>,
    table: State<String>,
    address: State<String>,
    phone: State<String>,
    /// The id of the wrong field, once an order was refused for it.
    error: State<Option<&'static str>>,
}

impl DestinationField {
    /// The choice as it was in the last order.
    pub(super) fn new() -> Self {
        let remembered = browser::remembered(KEY).unwrap_or_default();
        let mut lines = remembered.lines();
        let kind = lines.next().unwrap_or(TABLE_KIND);
        let mut next = || state(lines.next().unwrap_or_default().to_owned());
        Self {
            is_table: state(kind != DELIVERY_KIND),
            table: next(),
            address: next(),
            phone: next(),
            error: state(None),
        }
    }

    /// The chosen destination, which the browser remembers. `None` after an error was shown.
    pub(super) fn take(self) -> Option<Destination> {
        let checked = untrack(|| self.check());
        self.error.set(checked.as_ref().err().copied());
        match checked {
            Ok(destination) => {
                let kind = if self.is_table.get_untracked() { TABLE_KIND } else { DELIVERY_KIND };
                let fields = [self.table, self.address, self.phone].map(State::get_untracked);
                browser::remember(KEY, &format!("{kind}\n{}", fields.join("\n")));
                Some(destination)
            }
            Err(id) => {
                browser::focus(id);
                None
            }
        }
    }

    /// The chosen destination, or the name of the field that is missing or wrong.
    pub(super) fn choice(self) -> Result<Destination, Words> {
        self.check().map_err(|id| field_words(id).0)
    }

    fn check(self) -> Result<Destination, &'static str> {
        let [table, address, phone] = [self.table, self.address, self.phone].map(State::get);
        check(self.is_table.get(), &table, &address, &phone)
    }

    /// Draws the choice and its fields.
    pub(super) fn draw(self) -> AnyView {
        let Self { is_table, table, address, phone, error } = self;
        let choice = |table: bool, words: Words| {
            let choose = move |_| {
                is_table.set(table);
                error.set(None);
            };
            let id = if table { "to-table" } else { "to-address" };
            view! {
                <button type="button" class="button" data-testid=id aria-pressed=flag(move || is_table.get() == table) on:click=events::click(choose)>
                    {words.now()}
                </button>
            }
            .into_any()
        };
        let at_table = move || self.field(TABLE_ID, table, ("text", "numeric", "off"), 3);
        let delivery = move || {
            view! {
                {self.field(ADDRESS_ID, address, ("text", "text", "street-address"), MAX_ADDRESS_CHARS)}
                {self.field(PHONE_ID, phone, ("tel", "tel", "tel"), MAX_PHONE_CHARS)}
                <p class="hint">{VISIBLE.now()}</p>
            }
            .into_any()
        };
        view! {
            <h2 id="where-title" class="orders-title">{WHERE.now()}</h2>
            <div class="order-where" role="group" aria-labelledby="where-title">
                {choice(true, AT_TABLE)}{choice(false, DELIVERY)}
            </div>
            {when(move || is_table.get(), at_table)}
            {when(move || !is_table.get(), delivery)}
        }
        .into_any()
    }

    fn field(
        self,
        id: &'static str,
        value: State<String>,
        (kind, mode, complete): (&'static str, &'static str, &'static str),
        limit: usize,
    ) -> AnyView {
        let is_wrong = move || self.error.get() == Some(id);
        let (label, sentence) = field_words(id);
        let error = move || {
            view! { <p id="where-error" class="error" role="alert" data-testid="order-where-error">{sentence.now()}</p> }
                .into_any()
        };
        let change = events::change(move |event| {
            value.set(event_target_value(&event));
            self.error.set(None);
        });
        view! {
            <label class="label" for=id>{label.now()}</label>
            <input
                id=id
                dir="auto"
                class="field"
                data-testid=id
                type=kind
                inputmode=mode
                autocomplete=complete
                maxlength=limit.to_string()
                aria-invalid=flag(is_wrong)
                aria-describedby="where-error"
                prop:value=derived(move || value.get())
                on:input=change
            />
            {when(is_wrong, error)}
        }
        .into_any()
    }
}

/// The name of a field, and the sentence for a wrong one.
fn field_words(id: &str) -> (Words, Words) {
    match id {
        TABLE_ID => (TABLE, TABLE_ERROR),
        ADDRESS_ID => (ADDRESS, ADDRESS_ERROR),
        _ => (PHONE, PHONE_ERROR),
    }
}

/// The destination, or the id of the wrong field.
fn check(
    is_table: bool,
    table: &str,
    address: &str,
    phone: &str,
) -> Result<Destination, &'static str> {
    if is_table {
        let number = table.trim().parse().ok();
        let number = number.filter(|number| (1..=MAX_TABLE_NUMBER).contains(number));
        let number = number.ok_or(TABLE_ID)?;
        return Ok(Destination::Table(number));
    }
    let address = validate::one_line(address, MAX_ADDRESS_CHARS, "An address");
    let address = address.map_err(|_| ADDRESS_ID)?;
    let phone = phone.trim();
    if !validate::is_phone_number(phone) {
        return Err(PHONE_ID);
    }
    Ok(Destination::Delivery { address, phone: phone.to_owned() })
}

/// "Table 4", or the address; empty for an order without a destination.
pub(super) fn destination_words(order: &Order, lang: Lang) -> String {
    order.destination.as_ref().map(|it| words(it, lang)).unwrap_or_default()
}

pub(super) fn words(destination: &Destination, lang: Lang) -> String {
    match (destination, lang) {
        (Destination::Table(number), Lang::Ko) => format!("테이블 {number}"),
        (Destination::Table(number), Lang::En) => format!("Table {number}"),
        (Destination::Delivery { address, .. }, _) => isolated(address).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_table_or_an_address_with_a_phone_number() {
        assert_eq!(check(true, " 12 ", "", ""), Ok(Destination::Table(12)));
        for table in ["", "0", "1000", "-1", "four", "99999999999"] {
            assert_eq!(check(true, table, "Seoul", "119"), Err(TABLE_ID));
        }
        let delivery =
            Destination::Delivery { address: "서울 1".into(), phone: "010-1234-5678".into() };
        assert_eq!(check(false, "", " 서울  1", " 010-1234-5678"), Ok(delivery));
        assert_eq!(check(false, "4", " ", "119"), Err(ADDRESS_ID));
        assert_eq!(check(false, "4", "Seoul", "ring"), Err(PHONE_ID));
    }
}
