//! The port of the moderation over an engine.

use futures_util::future::BoxFuture;
use madang_hub::moderation::{DecisionRequest, Moderation, ReportRequest};
use madang_hub::policy::restrictions::check_speech;
use madang_hub::ports::{StoreError, TokenHash};
use madang_shared::moderation::{AddressBan, Ban, ReportsPage};
use madang_shared::{RoomId, Timestamp, UserId};

use crate::connections::{Connections, ReadLane};
use crate::rules::moderation::{self, bans, reports, silences};
use crate::store::EngineStore;

impl<C: Connections> Moderation for EngineStore<C> {
    fn report(&self, request: ReportRequest) -> BoxFuture<'static, Result<u64, StoreError>> {
        self.write(request, reports::report)
    }

    fn reports(
        &self,
        reader: UserId,
        skip: u64,
    ) -> BoxFuture<'static, Result<ReportsPage, StoreError>> {
        self.read(reader, move |transaction| reports::page(transaction, reader, skip))
    }

    fn decide_report(
        &self,
        request: DecisionRequest,
    ) -> BoxFuture<'static, Result<bool, StoreError>> {
        self.write(request, moderation::decide_report)
    }

    fn check_speech(
        &self,
        user: UserId,
        room: RoomId,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<(), StoreError>> {
        self.read(user, move |transaction| {
            let mut silences = silences::of_user(transaction, user)?;
            silences.retain(|silence| silence.room.is_none_or(|of| of == room));
            Ok(check_speech(&silences, now)?)
        })
    }

    fn address_bans(
        &self,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Vec<AddressBan>, StoreError>> {
        self.server_read(ReadLane::SignIns, move |transaction| {
            moderation::address_bans(transaction, now)
        })
    }

    fn ban_of_session(
        &self,
        session: TokenHash,
        now: Timestamp,
    ) -> BoxFuture<'static, Result<Option<Ban>, StoreError>> {
        self.server_read(ReadLane::SignIns, move |transaction| {
            bans::of_session(transaction, session, now)
        })
    }
}
