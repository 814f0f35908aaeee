//! The kit: components without knowledge of any feature.

pub(crate) mod erased;

pub(crate) mod avatar;
pub(crate) mod dialog;
pub(crate) mod direction;
pub(crate) mod empty;
pub(crate) mod error_line;
pub(crate) mod field;
pub(crate) mod icon;
pub(crate) mod name_form;
pub(crate) mod picture;
pub(crate) mod question;
pub(crate) mod secret_field;
pub(crate) mod skeleton;
pub(crate) mod switch;
pub(crate) mod text_editor;
pub(crate) mod undo_bar;
pub(crate) mod virtual_list;
