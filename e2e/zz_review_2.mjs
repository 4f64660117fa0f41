import { chromium } from './node_modules/playwright/index.mjs';
const b = await chromium.launch({executablePath:'/usr/bin/chromium'});
const S='/tmp/review/'; const errs=[];
for (const [n,o] of [['wide',{viewport:{width:1280,height:800}}],['narrow',{viewport:{width:360,height:640}}],['dark',{viewport:{width:1280,height:800},colorScheme:'dark',reducedMotion:'reduce'}]]) {
  const p=await (await b.newContext(o)).newPage();
  p.on('pageerror',e=>errs.push(n+e)); p.on('console',m=>m.type()==='error'&&errs.push(n+m.text()));
  await p.goto('http://127.0.0.1:8123/lessons/cart-that-doubled/'); await p.waitForTimeout(2500);
  const w=p.locator('[data-widget="sim"]').first();
  await w.scrollIntoViewIfNeeded(); await p.waitForTimeout(500);
  await w.locator('input[type=range]').first().focus();
  await p.keyboard.press('End'); await p.waitForTimeout(800);
  if(n==='wide'){ console.log(await w.innerText()); }
  await w.screenshot({path:S+`w1-${n}-end.png`});
  const lat=w.locator('text=All as a lattice').first(); await lat.click(); await p.waitForTimeout(600);
  await p.screenshot({path:S+`w1-${n}-lat.png`});
  if(n==='wide') console.log('ACTIVE',await p.evaluate(()=>document.activeElement.outerHTML.slice(0,300)));
  await p.keyboard.press('Escape'); await p.waitForTimeout(300);
  await p.screenshot({path:S+`w1-${n}-lat2.png`});
  const t=w.getByRole('tab',{name:'Operations'}); await t.focus(); await p.keyboard.press('Enter'); await p.waitForTimeout(700);
  await w.screenshot({path:S+`w1-${n}-ops.png`});
  if(n==='wide'){ console.log((await w.innerText()).slice(-1500)); const tp=w.getByRole('tabpanel'); console.log('PANELS',await tp.count()); for(let i=0;i<await tp.count();i++){ if(await tp.nth(i).isVisible()) console.log((await tp.nth(i).evaluate(e=>e.outerHTML)).replace(/<path[^>]*>/g,'').slice(0,5000)); }
   // tab through
   for(let i=0;i<14;i++){ await p.keyboard.press('Tab'); console.log(i, await p.evaluate(()=>{const a=document.activeElement; return a.tagName+' '+(a.getAttribute('role')||'')+' '+(a.getAttribute('aria-label')||a.innerText||'').slice(0,120)})); }
  }
}
console.log(errs); await b.close();
