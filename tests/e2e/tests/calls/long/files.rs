//! A large file.

#[tokio::test]
async fn a_large_file_arrives_as_it_was_sent_and_the_call_goes_on() {
    crate::files::a_file_passes_beside_the_call(200).await;
}
