import { chromium } from './node_modules/playwright/index.mjs';
const b = await chromium.launch({executablePath:'/usr/bin/chromium'});
const S='/tmp/review/';
const errs=[];
for (const [n,o] of [['wide',{viewport:{width:1280,height:800}}],['narrow',{viewport:{width:360,height:640}}],['dark',{viewport:{width:1280,height:800},colorScheme:'dark',reducedMotion:'reduce'}]]) {
  const p=await (await b.newContext(o)).newPage();
  p.on('pageerror',e=>errs.push(n+e)); p.on('console',m=>m.type()==='error'&&errs.push(n+m.text()));
  await p.goto('http://127.0.0.1:8123/check/'); await p.waitForTimeout(1500);
  await p.screenshot({path:S+`check-${n}-0.png`});
  // open first example
  const ex=await p.locator('text=A lock with two holders').first(); await ex.click(); await p.waitForTimeout(1500);
  await p.screenshot({path:S+`check-${n}-1.png`,fullPage:true});
  const main=await p.locator('main').innerText(); if(n==='wide') console.log(main.slice(0,3500));
  await p.goto('http://127.0.0.1:8123/lessons/cart-that-doubled/'); await p.waitForTimeout(2500);
  await p.screenshot({path:S+`cart-${n}-0.png`});
  const w=await p.evaluate(()=>document.documentElement.scrollWidth+' '+innerWidth); console.log(n,'scroll',w);
}
console.log(errs); await b.close();
