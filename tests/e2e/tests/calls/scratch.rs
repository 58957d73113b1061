use visavis_e2e::call::join;
use visavis_e2e::{Browser, Server, Setup};
#[tokio::test]
async fn scratch() {
    let server = Server::start().await;
    for setup in [
        Setup::firefox(),
        Setup::firefox()
            .pref("media.autoplay.block-webaudio", false.into())
            .pref("media.autoplay.blocking_policy", 0.into()),
    ] {
        let b = Browser::start(setup).await;
        let p = b.open("Ann", &server.url()).await;
        let q = b.open("Ben", &server.url()).await;
        join(&p, "tea").await;
        join(&q, "tea").await;
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        println!("{}", p.eval("const x=[]; for (const p of window.eval(`peers`).values()) (await p.pc.getStats()).forEach(r=>{if(r.type==='inbound-rtp'||r.type==='media-source')x.push(JSON.stringify(r))}); return x.join('\\n')", vec![]).await.as_str().unwrap());
        println!("{}", p.eval("const v=document.querySelector('[data-participant]:not([data-self]) video'); const s=v.mozCaptureStream?.(); return [v.volume, v.mozHasAudio, !!s, v.srcObject.getTracks().map(t=>[t.kind,t.readyState,t.muted].join()).join(';')]", vec![]).await);
        println!("{:?}", p.look().await.errors);
    }
}
